package tracker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// SourceHut shows marks as tools of a patchset at lists.sr.ht, by its GraphQL API: a line with a sign at the top of the
// patchset's page. The token needs EMAILS:RO, LISTS:RO, PROFILE:RO and PATCHES:RW; its user needs the right to moderate the
// list.
type SourceHut struct {
	client client
	url    string // "https://lists.sr.ht/query"
	list   string // "~owner/name", empty: any list
	name   string
}

var _ Tracker = (*SourceHut)(nil)

// The operations. A Message-ID goes in with its angle brackets.
const (
	patchsetOf = `query PatchsetOf($messageID: String!) {
  message(messageID: $messageID) {
    list { name owner { canonicalName } }
    patchset { id tools { id icon details } }
  }
}`
	createTool = `mutation CreateTool($patchsetID: Int!, $details: String!, $icon: ToolIcon!) {
  createTool(patchsetID: $patchsetID, details: $details, icon: $icon) { id }
}`
	updateTool = `mutation UpdateTool($toolID: Int!, $details: String!, $icon: ToolIcon!) {
  updateTool(id: $toolID, details: $details, icon: $icon) { id }
}`
	apiVersion = `query Version { version { major minor patch } me { canonicalName } }`
)

// tool is a line at a patchset.
type tool struct {
	ID      int    `json:"id"`
	Icon    string `json:"icon"`
	Details string `json:"details"`
}

type patchset struct {
	ID    int    `json:"id"`
	Tools []tool `json:"tools"`
}

// Show makes one tool of the patchset, or brings those that are the bot's up to date.
func (s *SourceHut) Show(ctx context.Context, m Mark) error {
	set, err := s.patchset(ctx, m)
	if err != nil {
		return err
	}
	icon, details := icon(m.State), s.details(m)
	mine := 0
	for _, t := range set.Tools {
		if !s.own(t) {
			continue
		}
		mine++
		if t.Icon == icon && t.Details == details {
			continue
		}
		if err := s.change(ctx, "updateTool", updateTool, map[string]any{"toolID": t.ID, "details": details, "icon": icon}); err != nil {
			return err
		}
	}
	if mine > 0 {
		return nil
	}
	return s.change(ctx, "createTool", createTool, map[string]any{"patchsetID": set.ID, "details": details, "icon": icon})
}

// patchset finds the patchset that one of the mails belongs to: all patches do, and the cover letter as a rule.
func (s *SourceHut) patchset(ctx context.Context, m Mark) (*patchset, error) {
	var ids []string
	if len(m.Parts) > 0 {
		ids = append(ids, m.Parts[0])
	}
	if m.Cover != "" {
		ids = append(ids, m.Cover)
	}
	for _, id := range ids {
		var got struct {
			Message *struct {
				List struct {
					Name  string
					Owner struct{ CanonicalName string }
				}
				Patchset *patchset
			}
		}
		if err := s.ask(ctx, patchsetOf, map[string]any{"messageID": "<" + id + ">"}, &got); err != nil {
			return nil, fmt.Errorf("look for the patchset: %w", err)
		}
		switch {
		case got.Message == nil || got.Message.Patchset == nil:
		case s.list != "" && got.Message.List.Owner.CanonicalName+"/"+got.Message.List.Name != s.list:
			return nil, fmt.Errorf("%w on this list, but on %s/%s", ErrAbsent,
				line(got.Message.List.Owner.CanonicalName, 100), line(got.Message.List.Name, 100))
		default:
			return got.Message.Patchset, nil
		}
	}
	return nil, ErrAbsent
}

// change makes a mutation. The site answers null, and no error, when it does not want to.
func (s *SourceHut) change(ctx context.Context, field, operation string, variables map[string]any) error {
	var got map[string]*struct{ ID int }
	if err := s.ask(ctx, operation, variables, &got); err != nil {
		return fmt.Errorf("%s: %w", field, err)
	}
	if got[field] == nil {
		return fmt.Errorf("%s: %w: its user may not moderate the list", field, ErrToken)
	}
	return nil
}

// Check asks for the version of the API and the user of the token. Whether that user may moderate shows at the first mark.
func (s *SourceHut) Check(ctx context.Context) error {
	var got struct {
		Version *struct{ Major, Minor, Patch int }
		Me      *struct{ CanonicalName string }
	}
	err := s.ask(ctx, apiVersion, map[string]any{}, &got)
	if err == nil && (got.Version == nil || got.Me == nil) {
		err = errors.New("the answer names neither a version nor a user: is the URL that of lists.sr.ht/query?")
	}
	return err
}

// ask makes one request. Errors that the site tells within an answer count before its data.
func (s *SourceHut) ask(ctx context.Context, operation string, variables map[string]any, data any) error {
	out := struct {
		Data   any
		Errors []struct{ Message string }
	}{Data: data}
	err := s.client.do(ctx, http.MethodPost, s.url, map[string]any{"query": operation, "variables": variables}, &out)
	if err == nil && len(out.Errors) > 0 {
		err = fmt.Errorf("the site says: %s", line(cmp.Or(out.Errors[0].Message, "an error without words"), 200))
	}
	return err
}

func icon(s State) string {
	switch s {
	case Pending:
		return "PENDING"
	case Success, Warning:
		return "SUCCESS"
	case Failed:
		return "FAILED"
	}
	return "CANCELLED"
}

// details is the line of a mark. The site reads a little Markdown in it: bold, italic, code and links.
func (s *SourceHut) details(m Mark) string {
	text := unmarked(line(m.Text, 200))
	if m.URL == "" {
		return s.label() + ": " + text
	}
	return "[" + s.label() + "](" + strings.NewReplacer("(", "%28", ")", "%29", " ", "%20").Replace(m.URL) + "): " + text
}

// own reports whether a tool is the bot's: it begins with its name.
func (s *SourceHut) own(t tool) bool {
	return strings.HasPrefix(t.Details, s.label()+": ") || strings.HasPrefix(t.Details, "["+s.label()+"](")
}

func (s *SourceHut) label() string { return unmarked(line(s.name, 50)) }

// unmarked drops what Markdown would read.
func unmarked(s string) string {
	return strings.NewReplacer("*", "", "_", "", "`", "", "[", "", "]", "", "<", "", ">", "", `\`, "").Replace(s)
}
