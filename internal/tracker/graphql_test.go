package tracker

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"text/scanner"
)

// field is a field of a GraphQL type: its arguments with their types, and its own type.
type field struct {
	args map[string]string
	kind string
}

// schema is the part of the schema of lists.sr.ht that matters here.
func schema() map[string]map[string]field {
	leaf := func(kind string) field { return field{kind: kind} }
	return map[string]map[string]field{
		"Query": {
			"version": leaf("Version!"), "me": leaf("User!"),
			"message": {args: map[string]string{"messageID": "String!"}, kind: "Email"},
		},
		"Mutation": {
			"createTool": {args: map[string]string{"patchsetID": "Int!", "details": "String!", "icon": "ToolIcon!"}, kind: "PatchsetTool"},
			"updateTool": {args: map[string]string{"id": "Int!", "details": "String", "icon": "ToolIcon"}, kind: "PatchsetTool"},
		},
		"Version":      {"major": leaf("Int!"), "minor": leaf("Int!"), "patch": leaf("Int!")},
		"User":         {"canonicalName": leaf("String!")},
		"Email":        {"id": leaf("Int!"), "list": leaf("MailingList!"), "patchset": leaf("Patchset")},
		"MailingList":  {"name": leaf("String!"), "owner": leaf("User!")},
		"Patchset":     {"id": leaf("Int!"), "tools": leaf("[PatchsetTool!]!")},
		"PatchsetTool": {"id": leaf("Int!"), "icon": leaf("ToolIcon!"), "details": leaf("String!")},
	}
}

// selection is a field that a request selects.
type selection struct {
	name string
	args map[string]string // to the name of a variable
	sub  []selection
}

// request is a parsed operation.
type request struct {
	kind, name string
	variables  map[string]string // with their types
	fields     []selection
}

// parser reads the part of the language that operations with named variables need (GraphQL, October 2021, section 2).
type parser struct {
	scanner scanner.Scanner
	tok     string
}

func parseRequest(t testing.TB, text string) request {
	t.Helper()
	p := &parser{}
	p.scanner.Init(strings.NewReader(text))
	p.scanner.Error = func(_ *scanner.Scanner, msg string) { t.Errorf("scan %q: %s", text, msg) }
	p.next()
	r := request{kind: p.take(), name: p.take(), variables: map[string]string{}}
	if p.tok == "(" {
		for p.next(); p.tok != ")" && p.tok != ""; {
			name := p.variable()
			p.expect(t, ":")
			r.variables[name] = p.typeName()
			if p.tok == "," {
				p.next()
			}
		}
		p.next()
	}
	r.fields = p.selections(t)
	if p.tok != "" {
		t.Errorf("%q stands after the operation", p.tok)
	}
	return r
}

func (p *parser) next() {
	if p.tok = ""; p.scanner.Scan() != scanner.EOF {
		p.tok = p.scanner.TokenText()
	}
}

func (p *parser) take() string {
	tok := p.tok
	p.next()
	return tok
}

func (p *parser) expect(t testing.TB, want string) {
	if got := p.take(); got != want {
		t.Errorf("%q where %q is due", got, want)
	}
}

func (p *parser) variable() string {
	if p.take() != "$" {
		return ""
	}
	return p.take()
}

func (p *parser) typeName() string {
	kind := p.take()
	if p.tok == "!" {
		kind += p.take()
	}
	return kind
}

func (p *parser) selections(t testing.TB) []selection {
	var out []selection
	for p.expect(t, "{"); p.tok != "}" && p.tok != ""; {
		s := selection{name: p.take(), args: map[string]string{}}
		if p.tok == "(" {
			for p.next(); p.tok != ")" && p.tok != ""; {
				name := p.take()
				p.expect(t, ":")
				s.args[name] = p.variable()
				if p.tok == "," {
					p.next()
				}
			}
			p.next()
		}
		if p.tok == "{" {
			s.sub = p.selections(t)
		}
		out = append(out, s)
	}
	p.expect(t, "}")
	return out
}

// validate holds a request and its variables against the schema, as servers do before they execute anything.
func (r request) validate(values map[string]any) error {
	root := map[string]string{"query": "Query", "mutation": "Mutation"}[r.kind]
	if root == "" || r.name == "" {
		return fmt.Errorf("operation %q %q", r.kind, r.name)
	}
	for name, kind := range r.variables {
		v, given := values[name]
		if err := fits(kind, v); err != nil || !given {
			return fmt.Errorf("variable $%s: %v", name, err)
		}
	}
	for name := range values {
		if r.variables[name] == "" {
			return fmt.Errorf("variable $%s is not declared", name)
		}
	}
	used := map[string]bool{}
	if err := r.validateFields(root, r.fields, used); err != nil {
		return err
	}
	for name := range r.variables {
		if !used[name] {
			return fmt.Errorf("variable $%s is not used", name)
		}
	}
	return nil
}

func (r request) validateFields(kind string, all []selection, used map[string]bool) error {
	fields := schema()[kind]
	if (fields == nil) != (len(all) == 0) {
		return fmt.Errorf("selection of %s: %d fields", kind, len(all))
	}
	for _, s := range all {
		f, ok := fields[s.name]
		if !ok {
			return fmt.Errorf("%s has no field %s", kind, s.name)
		}
		for arg, want := range f.args {
			variable, given := s.args[arg]
			if !given && strings.HasSuffix(want, "!") {
				return fmt.Errorf("%s lacks the argument %s", s.name, arg)
			}
			if got := r.variables[variable]; given && got != want && got != want+"!" {
				return fmt.Errorf("%s.%s is %s, not %s", s.name, arg, want, got)
			}
			used[variable] = used[variable] || given
		}
		for _, arg := range slices.Collect(maps.Keys(s.args)) {
			if f.args[arg] == "" {
				return fmt.Errorf("%s has no argument %s", s.name, arg)
			}
		}
		if err := r.validateFields(strings.Trim(f.kind, "[]!"), s.sub, used); err != nil {
			return err
		}
	}
	return nil
}

// fits reports whether a JSON value is of a type.
func fits(kind string, v any) error {
	ok := false
	switch strings.TrimSuffix(kind, "!") {
	case "Int":
		n, number := v.(json.Number)
		_, err := n.Int64()
		ok = number && err == nil
	case "String":
		_, ok = v.(string)
	case "ToolIcon":
		s, _ := v.(string)
		ok = slices.Contains([]string{"PENDING", "WAITING", "SUCCESS", "FAILED", "CANCELLED"}, s)
	}
	if !ok {
		return fmt.Errorf("%v is no %s", v, kind)
	}
	return nil
}

// pick takes from a value what a request selects.
func pick(v any, fields []selection) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = pick(v[i], fields)
		}
		return out
	case map[string]any:
		if v == nil {
			return nil
		}
		out := map[string]any{}
		for _, f := range fields {
			out[f.name] = pick(v[f.name], f.sub)
		}
		return out
	}
	return v
}

// A server that validates nothing would prove nothing.
func TestValidate(t *testing.T) {
	n := json.Number("7")
	for _, tt := range []struct {
		query  string
		values map[string]any
		fine   bool
	}{
		{createTool, map[string]any{"patchsetID": n, "details": "x", "icon": "PENDING"}, true},
		{updateTool, map[string]any{"toolID": n, "details": "x", "icon": "FAILED"}, true},
		{patchsetOf, map[string]any{"messageID": "<a@b>"}, true},
		{createTool, map[string]any{"patchsetID": "7", "details": "x", "icon": "PENDING"}, false},
		{createTool, map[string]any{"patchsetID": n, "details": "x", "icon": "GREEN"}, false},
		{createTool, map[string]any{"patchsetID": n, "icon": "PENDING"}, false},
		{patchsetOf, map[string]any{"messageID": "<a@b>", "more": n}, false},
		{"query Q { message { id } }", nil, false},
		{"query Q($a: Int!) { message(messageID: $a) { id } }", map[string]any{"a": n}, false},
		{"query Q($a: String!) { message(messageID: $a) }", map[string]any{"a": "x"}, false},
		{"query Q($a: String!) { message(messageID: $a) { body } }", map[string]any{"a": "x"}, false},
		{"query Q($a: String!) { message(id: $a) { id } }", map[string]any{"a": "x"}, false},
		{"query Q { version { major { x } } }", nil, false},
		{"query Q($a: String!) { me { canonicalName } }", map[string]any{"a": "x"}, false},
		{"subscription Q { me { canonicalName } }", nil, false},
	} {
		if err := parseRequest(t, tt.query).validate(tt.values); (err == nil) != tt.fine {
			t.Errorf("%s %v: %v", tt.query, tt.values, err)
		}
	}
}
