package tracker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// Patchwork shows marks as checks of each patch, by the REST API of Patchwork 2.2 or later. Checks are never changed there:
// of those with one context the last counts. The token's user needs the permission to add checks to the project.
type Patchwork struct {
	client  client
	base    string // "https://patchwork.example.org/api"
	project string // link name, empty: any project
	context string
}

var _ Tracker = (*Patchwork)(nil)

// check is a check as the site writes and reads it.
type check struct {
	ID          int    `json:"id,omitempty"`
	State       string `json:"state"`
	TargetURL   string `json:"target_url,omitempty"`
	Context     string `json:"context"`
	Description string `json:"description"`
}

// Show adds a check to each patch that does not have it yet. Those that the site knows get theirs although others are
// absent.
func (p *Patchwork) Show(ctx context.Context, m Mark) error {
	want := check{State: state(m.State), TargetURL: m.URL, Context: p.context, Description: line(m.Text, 200)}
	var absent error
	for _, id := range m.Parts {
		err := p.showOne(ctx, id, want)
		switch {
		case errors.Is(err, ErrAbsent):
			absent = err
		case err != nil:
			return err
		}
	}
	if absent == nil && len(m.Parts) == 0 {
		return ErrAbsent
	}
	return absent
}

func (p *Patchwork) showOne(ctx context.Context, messageID string, want check) error {
	patch, err := p.patch(ctx, messageID)
	if err != nil {
		return err
	}
	checks := p.base + "/patches/" + strconv.Itoa(patch) + "/checks/"
	var have []check
	if err := p.client.do(ctx, http.MethodGet, checks+"?"+url.Values{"context": {p.context}, "per_page": {"250"}}.Encode(), nil, &have); err != nil {
		return fmt.Errorf("read checks of patch %d: %w", patch, err)
	}
	var last check
	for _, c := range have {
		if c.Context == p.context && c.ID > last.ID {
			last = c
		}
	}
	now := want
	now.ID = last.ID
	if now == last {
		return nil
	}
	var made check
	if err := p.client.do(ctx, http.MethodPost, checks, want, &made); err != nil {
		return fmt.Errorf("add check to patch %d: %w", patch, err)
	}
	return nil
}

// patch finds the number of a patch by its Message-ID. A site that does not know this filter shows all patches, so that the
// answer is looked at again.
func (p *Patchwork) patch(ctx context.Context, messageID string) (int, error) {
	q := url.Values{"msgid": {messageID}}
	if p.project != "" {
		q.Set("project", p.project)
	}
	var found []struct {
		ID      int
		MsgID   string
		Project struct {
			LinkName string `json:"link_name"`
		}
	}
	if err := p.client.do(ctx, http.MethodGet, p.base+"/patches/?"+q.Encode(), nil, &found); err != nil {
		return 0, fmt.Errorf("look for the patch: %w", err)
	}
	for _, f := range found {
		if f.MsgID == "<"+messageID+">" && (p.project == "" || f.Project.LinkName == p.project) {
			return f.ID, nil
		}
	}
	return 0, ErrAbsent
}

// Check looks at the project with the token. Whether its user may add checks shows at the first mark.
func (p *Patchwork) Check(ctx context.Context) error {
	if p.project == "" {
		var projects []struct{}
		return p.client.do(ctx, http.MethodGet, p.base+"/projects/?per_page=1", nil, &projects)
	}
	var project struct{}
	return p.client.do(ctx, http.MethodGet, p.base+"/projects/"+url.PathEscape(p.project)+"/", nil, &project)
}

func state(s State) string {
	switch s {
	case Success:
		return "success"
	case Failed:
		return "fail"
	case Pending:
		return "pending"
	}
	return "warning"
}
