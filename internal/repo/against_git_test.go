package repo_test

import (
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

// TestAgainstGit makes random trees, a patch of one change to each and another change as the tree to apply it to, and asks
// the real git am and git am -3. Verdict, tree, author and message have to be the same. In CI there are 600 cases.
func TestAgainstGit(t *testing.T) {
	cases := 60
	if os.Getenv("CI") != "" {
		cases = 600
	}
	r := rand.New(rand.NewSource(20220309))
	g := newGit(t, filepath.Join(t.TempDir(), "random.git"))
	var imp importer
	for i := range cases {
		old := randomTree(r)
		o := imp.commit(fmt.Sprintf("refs/heads/%d/base", i), 0, "base", old)
		imp.commit(fmt.Sprintf("refs/heads/%d/theirs", i), o, "Change n° "+fmt.Sprint(i)+"\n\nWhy: « to test ».\n", change(r, old))
		imp.commit(fmt.Sprintf("refs/heads/%d/ours", i), o, "ours", change(r, change(r, old)))
	}
	ids := imp.run(g)
	g.must("", "repack", "-adq")
	oracle := newOracle(t, g.dir)
	mail := filepath.Join(t.TempDir(), "mail")
	seen := make(map[string]int)
	for i := range cases {
		theirs, ours := ids[3*i+2], ids[3*i+3]
		options := [][]string{nil, nil, nil, {"-U1"}, {"-U0"}, {"--no-renames"}, {"--full-index", "--binary"}, {"-B"}}[r.Intn(8)]
		text := g.must("", append(append([]string{"format-patch", "-1", "--stdout"}, options...), theirs)...) + "\n"
		if text == "\n" {
			continue
		}
		if err := os.WriteFile(mail, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, threeWay := range []bool{false, true} {
			got := apply(t, g.dir, ours, text, repo.ScratchOptions{Plain: !threeWay, Merge: repo.MergeRecursive})
			want := oracle.am(ours, mail, threeWay)
			if !agree(got, want) {
				want = oracle.am(ours, mail, threeWay) // git itself is not steady: once in fifty thousand
			}
			if !agree(got, want) {
				if modern := apply(t, g.dir, ours, text, repo.ScratchOptions{Plain: !threeWay, Merge: repo.MergeOrt}); threeWay && agree(modern, want) {
					seen["as git 2.50"]++ // this machine's git is a newer one
					continue
				}
				t.Errorf("case %d, three-way %v:\ngot %+v, %s\ngit %+v\n%s", i, threeWay, got.verdict, got.text, want, text)
			}
			seen[string(got.status)+" "+string(got.how)]++
		}
	}
	t.Logf("%v", seen)
	for _, must := range []string{"applied exact", "applied offset", "applied three-way", "conflict "} {
		if seen[must] == 0 {
			t.Errorf("no case ended as %q", must)
		}
	}
}

// outcome is a verdict with what only we tell.
type outcome struct {
	verdict
	status repo.Status
	how    repo.How
}

func agree(got outcome, want verdict) bool {
	return got.ok == want.ok && (!got.ok || got.tree == want.tree && got.author == want.author)
}

// apply applies a file of mails as the command line does.
func apply(t testing.TB, dir, base, mails string, o repo.ScratchOptions) outcome {
	t.Helper()
	r, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	o.CommitterName, o.CommitterEmail, o.CommitTime = "Bot", "bot@example.org", time.Unix(1700000000, 0).UTC()
	s := r.ScratchWith(o)
	var parts []repo.Input
	for i, c := range patch.ReadCommits([]byte(mails)) {
		parts = append(parts, repo.Input{Index: i + 1, Commit: c.Commit, Err: c.Bad})
	}
	a, err := s.Apply(t.Context(), base, parts)
	if err != nil {
		t.Fatal(err)
	}
	out := outcome{status: a.Status, how: a.How}
	if a.Failed != nil {
		out.text = a.Failed.Detail
		return out
	}
	out.ok, out.tree = true, a.Tree
	for i, p := range a.Parts {
		if c := parts[i].Commit; p.Commit != "" {
			out.author = strings.TrimRight(fmt.Sprintf("%s <%s> %d %s\n%s", c.AuthorName, c.AuthorEmail, c.When.Unix(), c.When.Format("-0700"), c.Message), "\n")
		}
	}
	return out
}

var words = strings.Fields("le la logiciel libre guide publier page dépôt licence code source contribuer version ministère agent")

func randomLine(r *rand.Rand) string {
	if r.Intn(5) == 0 {
		return ""
	}
	n := 1 + r.Intn(6)
	line := make([]string, n)
	for i := range line {
		line[i] = words[r.Intn(len(words))]
	}
	return strings.Join(line, " ")
}

func randomTree(r *rand.Rand) files {
	tree := files{"empty.md": regular("")}
	for i := range 2 + r.Intn(4) {
		var lines []string
		for range r.Intn(60) {
			lines = append(lines, randomLine(r))
		}
		name := fmt.Sprintf("page%d.md", i)
		if r.Intn(3) == 0 {
			name = "dossier/" + name
		}
		tree[name] = regular(text(lines))
	}
	switch r.Intn(6) {
	case 0:
		tree["lien"] = symlink("page0.md")
	case 1:
		tree["run.sh"] = executable("#!/bin/sh\n")
	case 2:
		tree["image.png"] = regular("\x89PNG\x00" + randomLine(r))
	case 3:
		tree["agenda.ics"] = regular("BEGIN\r\nX\r\nY\r\nZ\nEND\r\n")
	}
	if r.Intn(6) == 0 {
		tree[[]string{".gitattributes", "dossier/.gitattributes"}[r.Intn(2)]] = regular([]string{
			"*.md merge=union\n", "/page*.md merge=union\n*.ics -merge\n", "*.md -merge\npage1.md merge\n", "[attr]fixe -merge\n*.md fixe\n", "*.md merge=union\npage[0-2].md !merge\n",
			"# rien\n**/page*.md binary\n", "dossier/*.md merge=inconnu\n*.md text=auto eol=lf\n",
		}[r.Intn(7)])
	}
	return tree
}

func text(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

// change returns a copy of tree with one or two random changes.
func change(r *rand.Rand, tree files) files {
	out := make(files)
	var names []string
	for name, content := range tree {
		out[name] = content
		names = append(names, name)
	}
	slices.Sort(names)
	for range 1 + r.Intn(2) {
		name := names[r.Intn(len(names))]
		content, there := out[name]
		if !there {
			continue
		}
		mode, body, _ := strings.Cut(content, " ")
		switch r.Intn(16) {
		case 0:
			delete(out, name)
		case 1:
			delete(out, name)
			out["archives/"+filepath.Base(name)] = mode + " " + edit(r, body, r.Intn(3))
		case 2:
			delete(out, name)
			out[fmt.Sprintf("autre%d.md", r.Intn(3))] = mode + " " + edit(r, body, r.Intn(3))
		case 3:
			if mode != "120000" {
				out[name] = map[string]string{"100644": "100755", "100755": "100644"}[mode] + " " + body
			}
		case 4:
			out[fmt.Sprintf("nouveau%d.md", r.Intn(3))] = regular(edit(r, "", 3))
		case 5:
			out[fmt.Sprintf("copie%d.md", r.Intn(3))] = mode + " " + body
			out[name] = mode + " " + edit(r, body, 1)
		case 6:
			delete(out, name)
			out[name+"/index.md"] = regular(edit(r, body, 1))
		default:
			if mode == "120000" {
				out[name] = symlink(fmt.Sprintf("page%d.md", r.Intn(3)))
				continue
			}
			out[name] = mode + " " + edit(r, body, 1+r.Intn(5))
		}
	}
	for name, content := range out {
		if content == symlink("") || strings.HasPrefix(content, "120000 ") && strings.Contains(content, "\n") {
			out[name] = symlink("page0.md")
		}
	}
	return out
}

// edit changes n places of a text.
func edit(r *rand.Rand, body string, n int) string {
	noEnd := body != "" && !strings.HasSuffix(body, "\n")
	lines := strings.Split(strings.TrimSuffix(body, "\n"), "\n")
	if body == "" {
		lines = nil
	}
	for range n {
		at := r.Intn(len(lines) + 1)
		end := min(len(lines), at+1+r.Intn(4))
		switch r.Intn(6) {
		case 0, 1:
			lines = slices.Insert(lines, at, randomLine(r))
		case 2:
			lines = slices.Delete(lines, at, end)
		case 3:
			lines = slices.Replace(lines, at, end, randomLine(r))
		case 4:
			lines = slices.Insert(lines, at, slices.Clone(lines[at:end])...)
		case 5:
			noEnd = r.Intn(4) == 0
		}
	}
	out := text(lines)
	if noEnd {
		out = strings.TrimSuffix(out, "\n")
	}
	return out
}
