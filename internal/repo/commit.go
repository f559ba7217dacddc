package repo

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"patchbot/internal/patch"
)

// commit is a commit object, read.
type commit struct {
	id      plumbing.Hash
	tree    plumbing.Hash
	parents []plumbing.Hash
	author  ident
	when    ident // the committer
	message string
}

// ident is a person and a time, as commit objects have them.
type ident struct {
	name, email string
	when        time.Time
}

// parseCommit reads a commit object. Header lines that say nothing here (signatures, encodings) are skipped.
func parseCommit(id plumbing.Hash, data []byte) (*commit, error) {
	c := &commit{id: id}
	header, message, _ := bytes.Cut(data, []byte("\n\n"))
	c.message = string(message)
	for line := range strings.SplitSeq(string(header), "\n") {
		key, value, _ := strings.Cut(line, " ")
		switch key {
		case "tree", "parent":
			h, ok := parseID(value)
			if !ok {
				return nil, fmt.Errorf("malformed commit %s", id)
			}
			if key == "tree" {
				c.tree = h
			} else {
				c.parents = append(c.parents, h)
			}
		case "author":
			c.author = parseIdent(value)
		case "committer":
			c.when = parseIdent(value)
		}
	}
	if c.tree.IsZero() {
		return nil, fmt.Errorf("malformed commit %s", id)
	}
	return c, nil
}

func parseIdent(s string) ident {
	name, rest, _ := strings.Cut(s, " <")
	email, stamp, _ := strings.Cut(rest, "> ")
	seconds, zone, _ := strings.Cut(stamp, " ")
	unix, _ := strconv.ParseInt(seconds, 10, 64)
	offset, _ := strconv.Atoi(zone)
	minutes := offset/100*60 + offset%100
	return ident{name, email, time.Unix(unix, 0).In(time.FixedZone("", minutes*60))}
}

func (i ident) String() string {
	return fmt.Sprintf("%s <%s> %d %s", i.name, i.email, i.when.Unix(), i.when.Format("-0700"))
}

// title is the first line of the message.
func (c *commit) title() string {
	title, _, _ := strings.Cut(strings.TrimLeft(c.message, "\n"), "\n")
	return title
}

func (c *commit) info() CommitInfo {
	out := CommitInfo{ID: c.id.String(), Tree: c.tree.String(), Author: c.author.name, When: c.author.when, Title: c.title()}
	for _, p := range c.parents {
		out.Parents = append(out.Parents, p.String())
	}
	return out
}

// commit reads a commit of the repository.
func (r *Repo) commit(id plumbing.Hash) (*commit, error) {
	if c, ok := r.commits.get(id); ok {
		return c, nil
	}
	data, err := r.object(plumbing.CommitObject, id)
	if err != nil {
		return nil, err
	}
	c, err := parseCommit(id, data)
	if err != nil {
		return nil, err
	}
	r.commits.put(id, c, int64(len(data)))
	return c, nil
}

// commitObject is the commit that git am would make of c on the current tree and head.
func (r *run) commitObject(c *patch.Commit) []byte {
	o := &r.options
	author := ident{c.AuthorName, c.AuthorEmail, c.When}
	if author.when.IsZero() {
		author.when = o.CommitTime
	}
	committer := author
	if o.CommitterName != "" {
		committer.name, committer.email = o.CommitterName, o.CommitterEmail
	}
	if !o.CommitTime.IsZero() {
		committer.when = o.CommitTime
	}
	if author.when.IsZero() {
		author.when = time.Unix(0, 0).UTC()
		committer.when = author.when
	}
	return fmt.Appendf(nil, "tree %s\nparent %s\nauthor %s\ncommitter %s\n\n%s", r.at, r.head, author, committer, c.Message)
}
