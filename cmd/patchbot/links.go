package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"patchbot/internal/checks"
	"patchbot/internal/checks/prober"
	"patchbot/internal/config"
	"patchbot/internal/wiki"
)

type linksCommand struct {
	Input        []string `arg:"" optional:"" help:"URLs, pages, directories of pages, other files with a URL a line, or - for such lines on standard input." name:"url-or-file"`
	AllowNetwork []string `help:"A network that is not public and is asked all the same, on any port; may be repeated." placeholder:"CIDR"`
	Resolver     string   `help:"Name server to ask (default: those of the system)." placeholder:"ADDR:PORT"`
	Host         string   `help:"Rules of links: sourcehut, github, gitlab or pandoc (default: as configured, else sourcehut)." enum:",sourcehut,github,gitlab,pandoc" default:""`
	Format       string   `help:"Output: text or json." enum:"text,json" default:"text"`
}

// Help is shown by --help.
func (linksCommand) Help() string {
	return "Each URL gets a class: broken, looks-broken, moved, fine, unknown or not-asked. At most two requests at once and ten a\nsecond go to one host; only public addresses are asked. Broken, looks-broken and moved ones are findings.\n\n" +
		examples("patchbot links https://example.org/", "patchbot links --allow-network 10.0.0.0/8 --format json guides/")
}

// Run asks the links.
func (c linksCommand) Run(ctx context.Context, sh *Shell) error {
	conf, err := loadConfig(sh, true)
	if err != nil {
		return err
	}
	if len(c.Input) == 0 {
		return usage(fmt.Errorf("nothing to ask"), "name URLs, pages or directories, or - for URLs on standard input")
	}
	w := wikiFor(conf, "")
	host, err := hostNamed(cmp.Or(c.Host, w.Host))
	if err != nil {
		return err
	}
	links, err := gather(c.Input, sh.In, host, own(w))
	if err != nil {
		return err
	}
	p, err := c.prober(conf)
	if err != nil {
		return err
	}
	bar := newProgress(sh)
	res := p.Run(ctx, prober.Request{URLs: addresses(links), Done: func(n, all int) { bar.say("%d of %d links", n, all) }})
	bar.clear()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := c.print(sh, links, res.Answers); err != nil {
		return err
	}
	for _, a := range res.Answers {
		if a.Class == checks.Broken || a.Class == checks.LooksBroken || a.Class == checks.Moved {
			return errFindings
		}
	}
	return nil
}

// prober is the configured one, with what the flags say. What was learnt is not remembered: whoever asks wants to know how
// it is now.
func (c linksCommand) prober(conf *config.Config) (*prober.Prober, error) {
	var allow []string
	for _, s := range c.AllowNetwork {
		if _, err := network(s); err != nil {
			return nil, err
		}
		allow = append(allow, s)
	}
	shown := *conf
	shown.Links.AllowNetworks = append(append([]string(nil), conf.Links.AllowNetworks...), allow...)
	if c.Resolver != "" {
		if _, err := netip.ParseAddrPort(c.Resolver); err != nil {
			return nil, usage(fmt.Errorf("resolver %q: not an address and a port", c.Resolver), "write it as in --resolver 192.0.2.53:53")
		}
		shown.Links.Resolver = c.Resolver
	}
	return newProber(&shown, nil, nil)
}

// gather makes links of the arguments, each URL once, in order.
func gather(args []string, in io.Reader, host wiki.Host, own wiki.Own) ([]checks.Link, error) {
	var all []checks.Link
	for _, arg := range args {
		var found []checks.Link
		var err error
		switch info, statErr := os.Stat(arg); {
		case arg == "-":
			found, err = lines("", in)
		case strings.Contains(arg, "://"):
			found = []checks.Link{{URL: arg}}
		case statErr != nil:
			return nil, usage(fmt.Errorf("read %s: no such file, and no URL", arg), "a URL begins with https:// or http://")
		case info.IsDir():
			found, err = below(arg, host, own)
		default:
			found, err = inFile(arg, host, own)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	seen := map[string]bool{}
	kept := all[:0]
	for _, l := range all {
		if !seen[l.URL] {
			seen[l.URL] = true
			kept = append(kept, l)
		}
	}
	return kept, nil
}

func inFile(file string, host wiki.Host, own wiki.Own) ([]checks.Link, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	if wiki.IsPage(file) {
		return checks.Externals(filepath.ToSlash(file), data, host, own), nil
	}
	return lines(filepath.ToSlash(file), bytes.NewReader(data))
}

// below reads all pages of a directory. Paths are those from where one stands, but links resolve within the directory.
func below(dir string, host wiki.Host, own wiki.Own) ([]checks.Link, error) {
	var all []checks.Link
	err := fs.WalkDir(hideGit{os.DirFS(dir)}, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !wiki.IsPage(p) {
			return err
		}
		found, err := inFile(filepath.Join(dir, filepath.FromSlash(p)), host, own)
		all = append(all, found...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	return all, nil
}

// lines reads a URL a line; blank lines and those that begin with "#" are passed over.
func lines(path string, in io.Reader) ([]checks.Link, error) {
	var all []checks.Link
	sc := bufio.NewScanner(in)
	sc.Buffer(nil, 1<<20)
	for n := 1; sc.Scan(); n++ {
		text := strings.TrimSpace(sc.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		l := checks.Link{URL: text}
		if path != "" {
			l.Path, l.Line, l.Column = path, n, 1
		}
		all = append(all, l)
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	return all, nil
}

func addresses(links []checks.Link) []string {
	out := make([]string, len(links))
	for i, l := range links {
		out[i] = l.URL
	}
	return out
}

// linkRow is one link of the JSON.
type linkRow struct {
	URL      string       `json:"url"`
	Class    checks.Class `json:"class"`
	Cause    *string      `json:"cause"` // a stable word
	Evidence string       `json:"evidence"`
	Target   *string      `json:"target"`
	Path     *string      `json:"path"` // where it is written first
	Line     *int         `json:"line"`
	Column   *int         `json:"column"`
}

func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func (c linksCommand) print(sh *Shell, links []checks.Link, answers []checks.Answer) error {
	if c.Format == "json" {
		rows := make([]linkRow, len(answers))
		for i, a := range answers {
			l := links[i]
			rows[i] = linkRow{a.URL, a.Class, orNull(a.Cause), a.Evidence, orNull(a.Target), orNull(l.Path), orNull(l.Line), orNull(l.Column)}
		}
		enc := json.NewEncoder(sh.Out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"links": rows})
	}
	tw := tabwriter.NewWriter(sh.Out, 0, 0, 2, ' ', 0)
	count := map[checks.Class]int{}
	for i, a := range answers {
		count[a.Class]++
		evidence := a.Evidence
		if a.Target != "" {
			evidence += ", to " + a.Target
		}
		if l := links[i]; l.Path != "" && a.Class != checks.Fine {
			evidence += fmt.Sprintf(" (%s:%d:%d)", printable(l.Path), l.Line, l.Column)
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\n", a.Class, printable(a.URL), evidence)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	var each []string
	for _, class := range []checks.Class{checks.Broken, checks.LooksBroken, checks.Moved, checks.Fine, checks.Unknown, checks.NotAsked} {
		if count[class] > 0 {
			each = append(each, fmt.Sprintf("%d %s", count[class], class))
		}
	}
	if len(answers) > 1 {
		fmt.Fprintf(sh.Err, "%d links: %s\n", len(answers), strings.Join(each, ", "))
	}
	return nil
}

// printable takes out of a text of a page what would move the cursor of a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '\uFFFD'
		}
		return r
	}, s)
}
