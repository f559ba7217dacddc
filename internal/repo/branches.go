package repo

import (
	"context"
	"fmt"

	gogit "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/storage/memory"
)

// Branches asks a repository for its branches and the commits that they stand at, 40 hex digits by name, and transfers
// nothing else. A repository on this machine is opened. Dir of the options is not used.
func Branches(ctx context.Context, o MirrorOptions) (map[string]string, error) {
	if path, local := localPath(o.URL); local {
		r, err := Open(path)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return r.branches()
	}
	auth, err := o.auth()
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", redact(o.URL), err)
	}
	remote := gogit.NewRemote(memory.NewStorage(), &config.RemoteConfig{Name: "origin", URLs: []string{o.URL}})
	refs, err := remote.ListContext(ctx, &gogit.ListOptions{Auth: auth})
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", redact(o.URL), err)
	}
	out := make(map[string]string)
	for _, ref := range refs {
		if ref.Name().IsBranch() && ref.Type() == plumbing.HashReference {
			out[ref.Name().Short()] = ref.Hash().String()
		}
	}
	return out, nil
}

func (r *Repo) branches() (map[string]string, error) {
	refs, err := r.store.IterReferences()
	if err != nil {
		return nil, fmt.Errorf("list branches: %w", err)
	}
	out := make(map[string]string)
	err = refs.ForEach(func(ref *plumbing.Reference) error {
		if ref.Name().IsBranch() && ref.Type() == plumbing.HashReference {
			out[ref.Name().Short()] = ref.Hash().String()
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list branches: %w", err)
	}
	return out, nil
}
