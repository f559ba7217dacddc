package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"patchbot/internal/store"
	"patchbot/internal/web"
)

func TestListShowsSeries(t *testing.T) {
	s := newSite(t, nil)
	wants(t, s.page("/"), "Aucune série n&#39;est encore arrivée.")

	s.add(series{id: "one", subject: "Guides : publier", author: "Camille Dupont", verdict: "clean", mails: 2})
	s.add(series{id: "two", subject: "Fix a link", author: "Ada", verdict: "changes-needed", newer: 2})
	s.add(series{id: "two", version: 2, subject: "Fix a link, again", author: "Ada"})
	page := s.page("/")
	wants(t, page, `<html lang="fr">`, `<caption>Séries, la plus récente d&#39;abord</caption>`,
		`<a href="/s/one?v=1"><bdi>Guides : publier</bdi></a>`, `par <bdi>Camille Dupont</bdi>, version 1, 2 parties`,
		`<span class="badge good"><span aria-hidden="true">✓</span> rien à signaler</span>`,
		`<a href="/s/two?v=2"><bdi>Fix a link, again</bdi></a>`, `à vérifier`,
		"<time datetime=\"2026-11-24T09:30:00Z\">24\u00a0nov. 2026 à 9\u00a0h\u00a030</time>")
	lacks(t, page, "/s/two?v=1")
	if strings.Index(page, "/s/two?v=2") > strings.Index(page, "/s/one?v=1") {
		t.Error("the newest series does not come first")
	}

	english := s.page("/?lang=en&state=all")
	wants(t, english, `<html lang="en">`, `<a href="/s/two?lang=en&amp;v=1"><bdi lang="fr">Fix a link</bdi></a>`,
		"changes needed", "superseded", "24\u00a0Nov 2026, 09:31")
}

func TestListFilters(t *testing.T) {
	s := newSite(t, nil)
	s.add(series{id: "zero", subject: "Merged", verdict: "clean", applied: "2ca2043b19d42ca2043b19d42ca2043b19d42ca2"})
	s.add(series{id: "one", subject: "Réécriture de l'Introduction", verdict: "clean"})
	s.add(series{id: "two", subject: "Introduction, second part", verdict: "remarks"})
	s.add(series{id: "three", subject: "100% <b>"})
	s.add(series{id: "four", subject: "Waits", state: store.StateIncomplete})
	for query, want := range map[string]string{
		"state=applied":                       "zero",
		"":                                    "four three two one zero",
		"q=introduction":                      "two one",
		"q=reecriture+INTRODUCTION":           "one",
		"q=r%C3%A9%C3%A9":                     "one",
		"q=re%CC%81e%CC%81criture":            "one",
		"q=second+first":                      "",
		"q=100%25+%3Cb":                       "three",
		"verdict=remarks":                     "two",
		"verdict=remarks&q=reecriture":        "",
		"state=done":                          "two one",
		"state=incomplete":                    "four",
		"state=superseded":                    "",
		"q=introduction&state=done&before=1":  "",
		"before=" + ms(s.now.Add(time.Hour)):  "four three two one zero",
		"before=" + ms(s.now.Add(-time.Hour)): "",
	} {
		if got := strings.Join(seriesLinks(s.page("/?"+query)), " "); got != want {
			t.Errorf("?%s shows %q, want %q", query, got, want)
		}
	}
	for _, query := range []string{"state=nonsense", "verdict=nonsense", "before=now", "before=-1", "q=" + strings.Repeat("x", 201)} {
		if w := s.get("/?" + query); w.Code != http.StatusBadRequest {
			t.Errorf("?%s: %d", query, w.Code)
		}
	}
	wants(t, s.page("/?state=applied&lang=en"), "merged")
	wants(t, s.page("/s/zero?lang=en"), "Merged as", "2ca2043b19d4", "merged")
	wants(t, s.page("/?q=100%25+%3Cb&state=done&verdict=clean"), `value="100% &lt;b"`, `<option value="done" selected>`,
		`<option value="clean" selected>`, "Aucune série ne correspond.", "Tout afficher")
}

func ms(t time.Time) string { return fmt.Sprint(t.UnixMilli()) }

// seriesLinks are the ids of the series that a page lists, in order.
func seriesLinks(page string) []string {
	var ids []string
	for _, piece := range strings.Split(page, `<a href="/s/`)[1:] {
		id, _, _ := strings.Cut(piece, "?")
		ids = append(ids, id)
	}
	return ids
}

func TestListPages(t *testing.T) {
	s := newSite(t, nil)
	const all = 117
	for i := range all {
		if i >= 20 && i < 30 { // ten in the same millisecond
			s.now = s.now.Add(-time.Minute)
		}
		verdict := "clean"
		if i%40 == 0 {
			verdict = "remarks"
		}
		s.add(series{id: fmt.Sprintf("s%03d", i), subject: "title", verdict: verdict})
	}
	var seen []string
	pages := 0
	for path := "/"; path != ""; pages++ {
		page := s.page(path)
		seen = append(seen, seriesLinks(page)...)
		path = nextPage(page)
	}
	if pages != 3 || len(seen) != all {
		t.Errorf("%d series on %d pages, want %d on 3", len(seen), pages, all)
	}
	once := map[string]bool{}
	for _, id := range seen {
		if once[id] {
			t.Errorf("%s is shown twice", id)
		}
		once[id] = true
	}
	if got := strings.Join(seriesLinks(s.page("/?verdict=remarks")), " "); got != "s080 s040 s000" {
		t.Errorf("a search over all pages finds %q", got)
	}
}

// nextPage is the address of the link to older series, empty when there is none.
func nextPage(page string) string {
	_, rest, ok := strings.Cut(page, `<li><a href="`)
	for ok {
		href, after, _ := strings.Cut(rest, `"`)
		if strings.HasPrefix(after, ` rel="next"`) {
			return strings.ReplaceAll(href, "&amp;", "&")
		}
		_, rest, ok = strings.Cut(after, `<li><a href="`)
	}
	return ""
}

const check = `{"total":3,"parts":[
 {"index":1,"subject":"guides: Add a page","files":[{"path":"guides/a.md","status":"A"},{"path":"b.md","old_path":"c.md","status":"R"}]},
 {"index":3,"subject":"index: Link to it","files":[{"path":"index.md","status":"M"}]}],"missing":[2],
 "base":{"commit":"4af2a96cef5b4af2a96cef5b4af2a96cef5b4af2","branch":"main"},
 "apply":{"status":"conflict","failed":{"index":3,"path":"index.md","line":12,"reason":"x"}},
 "findings":[{"index":1,"path":"guides/a.md","line":9,"column":15,"rule":"broken-link","severity":"error","message":"leads nowhere","suggestion":"Did you mean b.md?"},
 {"index":1,"path":"guides/a.md","line":9,"column":0,"rule":"other","severity":"warning","message":"remark","suggestion":null}],
 "fixed":1,"inherited":2,"unchecked":[{"url":"https://slow.example.org/","reason":"timeout"}],"verdict":"does-not-apply"}`

// A series of which most is missing takes a row for each gap.
func TestSeriesPageMostMissing(t *testing.T) {
	s := newSite(t, nil)
	var missing []string
	for n := 2; n <= 999; n++ {
		if n != 500 {
			missing = append(missing, strconv.Itoa(n))
		}
	}
	s.add(series{id: "one", subject: "Guides", author: "Camille Dupont", verdict: "incomplete", report: stubReport{
		Text:  map[string]string{"fr": "Série incomplète."},
		Check: json.RawMessage(`{"total":999,"parts":[{"index":1,"subject":"a"},{"index":500,"subject":"b"}],"missing":[` + strings.Join(missing, ",") + `],"verdict":"incomplete"}`),
	}})
	page := s.page("/s/one")
	wants(t, page, `<th scope="row">1/999</th>`, `<th scope="row">2/999 – 499/999</th>`, `<th scope="row">500/999</th>`, `<th scope="row">501/999 – 999/999</th>`)
	if rows := strings.Count(page, `<th scope="row">`); rows != 4 {
		t.Errorf("%d rows", rows)
	}
}

func TestSeriesPage(t *testing.T) {
	s := newSite(t, nil)
	report := stubReport{
		Text:  map[string]string{"fr": "Ne s'applique pas.\n\n> +ajout\n> -retrait\n>  reste\n", "en": "Does not apply.\n"},
		Check: json.RawMessage(check),
	}
	keys := s.add(series{id: "one", subject: "Guides", author: "Camille Dupont", verdict: "does-not-apply", report: report, mails: 2})
	page := s.page("/s/one")
	wants(t, page,
		`<title>Guides (v1) – patchbot</title>`, `<h1><bdi>Guides</bdi></h1>`,
		`<span class="badge bad"><span aria-hidden="true">≠</span> ne s&#39;applique pas</span> par <bdi>Camille Dupont</bdi>`,
		"Ne s&#39;applique pas.\n", "\n<span class=\"quote\">&gt; &#43;ajout</span>\n<span class=\"quote\">&gt; -retrait</span>\n<span class=\"quote\">&gt;  reste</span>\n",
		`<code>4af2a96cef5b</code> (<bdi>main</bdi>)`,
		`<th scope="row">1/3</th>`, `appliquée</span> <span class="count">1 erreur</span> <span class="count">1 remarque</span>`,
		`<th scope="row">2/3</th>`, `pas reçue`, `conflit</span> <code>index.md, ligne 12</code>`,
		`<code>b.md</code> renommé depuis <code>c.md</code>`,
		`<code>guides/a.md:9:15</code> (partie 1)`, `Did you mean b.md?`, `<a href="/rules#rule-broken-link">broken-link</a>`, `<code>guides/a.md:9</code>`,
		"La série répare 1 ancien problème.", "Les pages touchées avaient déjà 2 autres problèmes",
		"https://slow.example.org/", `href="/m/`+keys[0]+`"`, `id="m-`+keys[1][:16]+`"`,
		"réponse envoyée", "vérifiée</td>", `<td lang="en"><bdi>does-not-apply on main 4af2a96cef5b</bdi></td>`, `href="/api/series/one"`)
	if order := []int{strings.Index(page, ">1/3<"), strings.Index(page, ">2/3<"), strings.Index(page, ">3/3<")}; order[0] > order[1] || order[1] > order[2] {
		t.Errorf("the parts are not in order: %v", order)
	}
	lacks(t, page, "queued by", "INBOX", "porte sur un état antérieur")
	english := s.page("/s/one?lang=en")
	wants(t, english, "Does not apply.", `<bdi lang="fr">Guides</bdi>`, `<td><bdi>does-not-apply on main 4af2a96cef5b</bdi></td>`, "1 error")

	for _, path := range []string{"/s/none", "/s/one?v=2", "/s/one?v=x", "/s/", "/s/one/more"} {
		if w := s.get(path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestSeriesVersions(t *testing.T) {
	s := newSite(t, nil)
	report := func(text string) stubReport {
		return stubReport{Text: map[string]string{"fr": text, "en": text}}
	}
	s.add(series{id: "one", subject: "First title", verdict: "remarks", report: report("text of v1"), newer: 2})
	s.add(series{id: "one", version: 2, subject: "Second title", verdict: "clean", report: report("text of v2")})
	newest := s.page("/s/one")
	wants(t, newest, "Second title", "text of v2", `<a href="/s/one?v=1">v1</a>`, `<a href="/s/one?v=2" aria-current="page">v2</a>`)
	lacks(t, newest, "text of v1", "Remplacée par")
	old := s.page("/s/one?v=1")
	wants(t, old, "First title", "text of v1", `<a href="/s/one?v=2">Remplacée par la version 2</a>`)
	lacks(t, old, "text of v2")
}

func TestSeriesWithoutReport(t *testing.T) {
	s := newSite(t, nil)
	s.add(series{id: "wait", subject: "Waits", state: store.StateIncomplete})
	wants(t, s.page("/s/wait"), "Cette version n&#39;a pas encore été vérifiée.", "Prochaine étape", "attend des parties")

	s.add(series{id: "mute", subject: "Mute", verdict: "clean", report: stubReport{}})
	wants(t, s.page("/s/mute"), "Le texte de ce rapport ne peut pas être affiché.")
	wants(t, s.log.String(), "render report", "no words in fr")

	bare := newSite(t, func(o *web.Options) {
		*o = web.Options{Store: o.Store}
	})
	bare.add(series{id: "one", subject: "One", verdict: "clean"})
	wants(t, bare.page("/s/one"), "Le texte de ce rapport ne peut pas être affiché.", "rien à signaler")
	wants(t, bare.page("/rules"), "La liste des règles n&#39;est pas disponible ici.")
}

func TestReportOfAnEarlierState(t *testing.T) {
	s := newSite(t, nil)
	x := series{id: "one", subject: "One", version: 1, verdict: "incomplete", report: stubReport{Text: map[string]string{"fr": "manque"}}}
	keys := s.add(x)
	key := s.mail(store.Message{MessageID: "late@example.org", Subject: "late", Kind: store.KindPatch, Wiki: "wiki", List: "wiki"})
	must(t, s.db.SaveAssembly(t.Context(), []store.SeriesUpdate{{
		ID: "one", Version: 1, Wiki: "wiki", List: "wiki", Total: 2, Subject: "One", Root: x.messageID(0), Digest: "other", State: store.StateReady, Messages: append(keys, key),
	}}))
	wants(t, s.page("/s/one"), "Ce rapport porte sur un état antérieur", "à vérifier")
}

func TestMessage(t *testing.T) {
	s := newSite(t, nil)
	x := series{id: "one", version: 1, subject: "Guides", verdict: "clean"}
	keys := s.add(x)
	s.mail(store.Message{MessageID: "talk/1@example.org", Subject: "Re: [PATCH wiki] Guides", Kind: "reply", Reason: "reply", List: "wiki"})
	s.mail(store.Message{MessageID: "secret@example.org", Subject: "Confidential matter", Kind: "ignored", Reason: "private-mail"})
	alone := s.mail(store.Message{MessageID: "alone@example.org", Subject: "[PATCH wiki 0/2] Cover", Kind: store.KindCover, List: "wiki", Wiki: "wiki"})

	for _, form := range []string{x.messageID(0), "<" + x.messageID(0) + ">"} {
		w := s.get("/m/" + url.PathEscape(form))
		if to := w.Header().Get("Location"); w.Code != http.StatusFound || to != "/s/one?v=1#m-"+keys[0][:16] {
			t.Errorf("%s: %d to %q", form, w.Code, to)
		}
	}
	if w := s.get("/m/reply-one-1@robots.example.org?lang=en"); w.Header().Get("Location") != "/s/one?lang=en&v=1#replies" {
		t.Errorf("a reply of the bot leads to %d %q", w.Code, w.Header().Get("Location"))
	}
	if w := s.get("/m?id=" + url.QueryEscape(" Message-ID: <talk/1@example.org> ")); w.Header().Get("Location") != "/m/talk%2F1@example.org" {
		t.Errorf("the form leads to %d %q", w.Code, w.Header().Get("Location"))
	}
	for _, path := range []string{"/m/talk%2F1@example.org", "/m/talk/1@example.org"} {
		wants(t, s.page(path), "Re: [PATCH wiki] Guides", "C&#39;est une réponse dans une discussion.", "&lt;talk/1@example.org&gt;", `<meta name="robots" content="noindex">`)
	}
	secret := s.page("/m/secret@example.org")
	wants(t, secret, "son contenu n&#39;est pas montré", "Il est arrivé sans passer par une liste.")
	lacks(t, secret, "Confidential")
	wants(t, s.page("/m/"+alone), "n&#39;appartient encore à aucune série", "Cover")

	mail := s.page("/m/" + keys[0])
	wants(t, mail, `<a href="/s/one?v=1">Voir sa série et son verdict</a>`, `href="/t/`+keys[0]+`"`, "pris en compte")
	lacks(t, mail, "réponse envoyée") // that is the story of the series
	if w := s.get("/t/" + keys[0]); w.Header().Get("Location") != "https://lists.example.org/wiki/"+x.messageID(0) {
		t.Errorf("the thread is at %d %q", w.Code, w.Header().Get("Location"))
	}
	for path, status := range map[string]int{
		"/m/unknown@example.org": 404, "/m/": 404, "/m": 400, "/m?id=%3C%3E": 400, "/t/" + strings.Repeat("0", 64): 404, "/m/" + strings.Repeat("0", 64): 404,
	} {
		if w := s.get(path); w.Code != status {
			t.Errorf("%s: %d, want %d", path, w.Code, status)
		}
	}
}

func TestPrivateSeriesAreNotShown(t *testing.T) {
	s := newSite(t, nil)
	keys := s.add(series{id: "own", subject: "Between us", author: "Camille", list: "-", verdict: "clean"})
	for _, path := range []string{"/s/own", "/api/series/own", "/t/" + keys[0]} {
		if w := s.get(path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	for _, path := range []string{"/?state=all", "/feed.atom", "/api/series?state=all", "/m/" + keys[0]} {
		lacks(t, s.page(path), "Between us", "Camille", "/s/own")
	}
}
