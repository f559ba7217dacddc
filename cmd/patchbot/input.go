package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"patchbot/internal/email"
	"patchbot/internal/mailbox"
	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

// archived is one raw mail of a file, a maildir, standard input or a range of commits.
type archived struct {
	raw      []byte
	arrived  time.Time
	tooLarge bool // raw is only its header
}

// isRange reports whether an argument names commits, as "main..HEAD" does, and no file.
func isRange(arg string) bool {
	if _, err := os.Stat(arg); err == nil {
		return false
	}
	return strings.Contains(arg, "..") && !strings.HasSuffix(arg, ".patch") && !strings.HasSuffix(arg, ".mbox") && !strings.HasSuffix(arg, ".eml")
}

// readMails reads all mails of the arguments, in their order: patch files, mailboxes, maildirs, "-" for standard input, and
// ranges of commits of r, which may be nil when there is no range.
func readMails(ctx context.Context, sh *Shell, args []string, r *repo.Repo, maxBytes int) ([]archived, error) {
	var all []archived
	for _, arg := range args {
		got, err := readOne(ctx, sh, arg, r, maxBytes)
		if err != nil {
			return nil, err
		}
		all = append(all, got...)
	}
	return all, nil
}

func readOne(ctx context.Context, sh *Shell, arg string, r *repo.Repo, maxBytes int) ([]archived, error) {
	switch {
	case arg == "-":
		return readMbox(sh.In, "standard input", maxBytes)
	case isRange(arg):
		raws, err := r.FormatPatch(ctx, arg)
		if err != nil {
			return nil, usage(fmt.Errorf("range %s: %w", arg, err), "give two revisions that the repository knows, such as main..HEAD")
		}
		var out []archived
		for _, raw := range raws {
			out = append(out, archived{raw: raw})
		}
		return out, nil
	}
	info, err := os.Stat(arg)
	if err != nil {
		return nil, usage(fmt.Errorf("read %s: %w", arg, rootCause(err)), "give patch files, a mailbox, a maildir, - for standard input, or a range such as main..HEAD")
	}
	if info.IsDir() {
		var out []archived
		for m, err := range mailbox.ReadMaildir(arg, int64(maxBytes)) {
			if errors.Is(err, mailbox.ErrNoMaildir) {
				return nil, usage(fmt.Errorf("read %s: %w", arg, err), "give patch files, a mailbox, a maildir, - for standard input, or a range such as main..HEAD")
			}
			if err != nil {
				return nil, fmt.Errorf("read maildir %s: %w", arg, err)
			}
			out = append(out, archived{raw: m.Raw, arrived: m.Arrived, tooLarge: m.TooLarge})
		}
		return out, nil
	}
	f, err := os.Open(arg)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", arg, rootCause(err))
	}
	defer f.Close()
	if info.Mode().IsRegular() && info.Size() == 0 {
		fmt.Fprintf(sh.Err, "warning: %s is empty: git format-patch writes such a file for a commit that changes nothing\n", arg)
	}
	return readMbox(f, arg, maxBytes)
}

func readMbox(in io.Reader, name string, maxBytes int) ([]archived, error) {
	var out []archived
	for m, err := range mailbox.ReadMbox(in, int64(maxBytes)) {
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		out = append(out, archived{raw: m.Raw, arrived: m.Arrived, tooLarge: m.TooLarge})
	}
	return out, nil
}

// rootCause takes the path out of a file error that will be named anyway.
func rootCause(err error) error {
	if pe, ok := err.(*os.PathError); ok {
		return pe.Err
	}
	return err
}

// assemble parses and classifies mails as an archive of any list, and makes series of them.
func assemble(mails []archived, limits email.Limits, prefixes []string) *patch.Assembly {
	classified := make([]*patch.Mail, 0, len(mails))
	for _, a := range mails {
		m := email.Parse(a.raw, limits)
		if a.tooLarge {
			m.Defect, m.Detail = email.DefectTooLarge, fmt.Sprintf("the limit is %d bytes", limits.Bytes)
		}
		classified = append(classified, patch.Classify(a.raw, m, a.arrived, patch.Options{Prefixes: prefixes, AnyList: true}))
	}
	return patch.Assemble(classified)
}

func limits(maxBytes int) email.Limits {
	l := email.DefaultLimits()
	l.Bytes = maxBytes
	return l
}
