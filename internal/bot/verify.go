package bot

import (
	"context"

	"patchbot/internal/repo"
	"patchbot/internal/store"
)

// verify has the git of this machine apply the same mails, and tells the operator where it ends otherwise. It never changes
// a verdict.
func (b *Bot) verify(claim *store.Series, r *repo.Repo) func(context.Context, *repo.Applied, [][]byte) {
	log := b.Log.With("series", claim.ID, "version", claim.Version, "message_id", claim.Root)
	return func(ctx context.Context, a *repo.Applied, mails [][]byte) {
		v, err := r.Verify(ctx, a, mails)
		switch {
		case err != nil:
			log.Warn("git could not verify the verdict", "error", err)
		case !v.Agrees:
			log.Error("git disagrees with the verdict", "status", a.Status, "tree", a.Tree, "base", a.Base,
				"git", v.Git, "git_applies", v.Applies, "git_tree", v.Tree, "git_says", v.Output)
		default:
			log.Debug("git agrees with the verdict", "git", v.Git)
		}
	}
}
