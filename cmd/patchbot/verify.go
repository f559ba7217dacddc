package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"patchbot/internal/repo"
)

// verifier has the git of this machine apply the mails of a series too, and says on standard error where it ends otherwise.
// The verdict stays. That there is no git is said once.
func verifier(sh *Shell, r *repo.Repo, subject string) func(context.Context, *repo.Applied, [][]byte) {
	return func(ctx context.Context, a *repo.Applied, mails [][]byte) {
		v, err := r.Verify(ctx, a, mails)
		switch {
		case errors.Is(err, repo.ErrNoGit):
			fmt.Fprintln(sh.Err, "not verified:", err)
		case err != nil:
			fmt.Fprintf(sh.Err, "not verified: %q: %v\n", subject, err)
		case v.Agrees:
			fmt.Fprintf(sh.Err, "verified: %q: %s agrees\n", subject, v.Git)
		default:
			fmt.Fprintf(sh.Err, "disagreement: %q: patchbot says %s%s, %s says %s\n", subject, a.Status, tree(a.Status == repo.StatusApplied, a.Tree), v.Git, applies(v))
			for line := range strings.Lines(v.Output) {
				fmt.Fprint(sh.Err, "  ", line)
			}
			if v.Output != "" && !strings.HasSuffix(v.Output, "\n") {
				fmt.Fprintln(sh.Err)
			}
		}
	}
}

func applies(v *repo.Verification) string {
	if !v.Applies {
		return "does not apply"
	}
	return "applied" + tree(true, v.Tree)
}

func tree(known bool, id string) string {
	if !known {
		return ""
	}
	return " (tree " + id + ")"
}
