package review

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template/parse"
)

const templatesDoc = "../../docs/templates.md"

// The page about templates names every field of what a skeleton is filled from, with the comment that explains it in the
// code; -update writes that part of the page anew.
func TestTemplatesDocFresh(t *testing.T) {
	page, err := os.ReadFile(templatesDoc)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "do not edit below -->\n", "<!-- end of fields -->\n"
	head, rest, ok := strings.Cut(string(page), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("the page has lost the marks around its fields")
	}
	want := head + begin + fieldsTable(t) + end + tail
	if *update {
		if err := os.WriteFile(templatesDoc, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		page = []byte(want)
	}
	if string(page) != want {
		t.Errorf("%s is stale: run `make generate`", templatesDoc)
	}
}

// fieldsTable is a section for each struct that a skeleton sees, the view first.
func fieldsTable(t *testing.T) string {
	t.Helper()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]*ast.StructType{}
	docs := map[string]string{}
	for _, name := range sources {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if d, ok := n.(*ast.GenDecl); ok && d.Tok == token.TYPE {
				for _, s := range d.Specs {
					spec := s.(*ast.TypeSpec)
					if st, ok := spec.Type.(*ast.StructType); ok {
						found[spec.Name.Name], docs[spec.Name.Name] = st, d.Doc.Text()
					}
				}
			}
			return true
		})
	}
	var b strings.Builder
	seen := map[string]bool{}
	for queue := []string{"view"}; len(queue) > 0; queue = queue[1:] {
		name := queue[0]
		if seen[name] || found[name] == nil {
			continue
		}
		seen[name] = true
		_, says, _ := strings.Cut(strings.Join(strings.Fields(docs[name]), " "), " ")
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n| field | kind | what |\n| --- | --- | --- |\n", name, strings.ToUpper(name[:1])+name[1:]+" "+says)
		for _, f := range found[name].Fields.List {
			what := strings.Join(strings.Fields(f.Comment.Text()+f.Doc.Text()), " ")
			for _, id := range f.Names {
				kind := types.ExprString(f.Type)
				fmt.Fprintf(&b, "| `.%s` | %s | %s |\n", id.Name, strings.NewReplacer("*", "", "[]", "list of ").Replace(kind), what)
				queue = append(queue, strings.Trim(kind, "*[]"))
			}
		}
	}
	return b.String() + "\n"
}

// Every field that a built-in skeleton uses stands on the page.
func TestTemplatesDocComplete(t *testing.T) {
	page, err := os.ReadFile(templatesDoc)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for lang, v := range translator(t).voices {
		for _, skeleton := range v.skeleton.Templates() {
			if skeleton.Tree != nil {
				fieldsIn(skeleton.Root, used)
			}
		}
		if len(used) < 40 {
			t.Errorf("%s: only %d fields found in the skeleton", lang, len(used))
		}
	}
	for name := range used {
		if !strings.Contains(string(page), "| `."+name+"` |") {
			t.Errorf("the page does not explain .%s", name)
		}
	}
	for name := range translator(t).voices[French].funcs() {
		if !strings.Contains(string(page), "`"+name+" ") && !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("the page does not explain the function %s", name)
		}
	}
}

// fieldsIn collects the names of the fields that a template reads.
func fieldsIn(node parse.Node, used map[string]bool) {
	switch n := node.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, c := range n.Nodes {
				fieldsIn(c, used)
			}
		}
	case *parse.ActionNode:
		fieldsIn(n.Pipe, used)
	case *parse.IfNode:
		fieldsInBranch(&n.BranchNode, used)
	case *parse.WithNode:
		fieldsInBranch(&n.BranchNode, used)
	case *parse.RangeNode:
		fieldsInBranch(&n.BranchNode, used)
	case *parse.TemplateNode:
		fieldsIn(n.Pipe, used)
	case *parse.PipeNode:
		if n != nil {
			for _, c := range n.Cmds {
				for _, arg := range c.Args {
					fieldsIn(arg, used)
				}
			}
		}
	case *parse.FieldNode:
		for _, id := range n.Ident {
			used[id] = true
		}
	case *parse.VariableNode:
		for _, id := range n.Ident[1:] {
			used[id] = true
		}
	case *parse.ChainNode:
		fieldsIn(n.Node, used)
		for _, id := range n.Field {
			used[id] = true
		}
	}
}

func fieldsInBranch(n *parse.BranchNode, used map[string]bool) {
	fieldsIn(n.Pipe, used)
	fieldsIn(n.List, used)
	fieldsIn(n.ElseList, used)
}
