package prober

import (
	"net/http"
	"testing"
	"time"
)

func TestSorry(t *testing.T) {
	for _, title := range []string{
		"404", "404 Not Found", "Erreur 404", "Erreur 404 - Page non trouvée", "Page introuvable | Ministère", "Exemple – Page non trouvée",
		"Page not found", "Not Found", "Error 404 (Not Found)!!1", "La page demandée est introuvable", "Cette page n’existe pas",
		"Cette page n'existe plus.", "The requested URL was not found", "The page you are looking for could not be found", "Oops! Page not found",
		"Désolé, page introuvable", "Page inexistante", "Page not found (404)", "HTTP Error 404", "410", "ERREUR 404 : page introuvable",
	} {
		if p := readPage([]byte("<title>"+title+"</title>"), false); !p.sorry() {
			t.Errorf("%q is taken for a page", title)
		}
	}
	for _, title := range []string{
		"", "Accueil", "Comprendre l'erreur 404 en dix minutes", "Peugeot 404 cabriolet", "404 façons de cuire un œuf", "Le logiciel introuvable",
		"Objets trouvés", "Page d'accueil", "Not found in translation: a study", "La page du département", "Error handling", "Erreurs",
		"Que faire quand une page est introuvable ?", "-", "::", "The page", "Page",
	} {
		if p := readPage([]byte("<title>"+title+"</title>"), false); p.sorry() {
			t.Errorf("%q is taken for a page that says there is none", title)
		}
	}
}

func TestReadPage(t *testing.T) {
	p := readPage([]byte(`<!doctype html><TITLE>Été
 &amp; hiver</title><meta name=ROBOTS content="NoIndex, follow"><h1>Un <em>titre</em></h1><h1>autre</h1>
<p id=un><a name="deux">x</a><svg><title>logo</title></svg><input type=PASSWORD><script type="application/ld+json">{}</script>
<h2 id="user-content-trois"></h2><h2 id="é"></h2>`), true)
	if p.title != "ete & hiver" || p.heading != "un titre" || !p.noindex || !p.password || p.scripts || !p.partial {
		t.Errorf("%+v", p)
	}
	for fragment, want := range map[string]bool{
		"un": true, "deux": true, "trois": true, "%C3%A9": true, "é": true, "top": true, "TOP": true, "UN": false, "quatre": false, "%zz": false,
	} {
		if p.has(fragment) != want {
			t.Errorf("anchor %q: %v", fragment, !want)
		}
	}
	if !readPage([]byte("<script src=x></script>"), false).scripts {
		t.Error("a script is not seen")
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"": -1, "0": 0, "7": 7 * time.Second, " 7 ": 7 * time.Second, "-1": -1, "1.5": -1, "soon": -1,
		"3600": time.Hour, "99999999999999999999": 365 * day, "4294967297": 365 * day,
		now.Add(5 * time.Second).Format(http.TimeFormat): 5 * time.Second,
		now.Add(-time.Hour).Format(http.TimeFormat):      0,
		now.AddDate(50, 0, 0).Format(http.TimeFormat):    365 * day,
	} {
		if got := retryAfter(in, now); got != want {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}

func TestMovable(t *testing.T) {
	for _, tt := range []struct {
		from, to string
		hops     []int
		movable  bool
		front    bool
	}{
		{"http://example.org/a", "https://example.org/a", []int{301}, true, false},
		{"http://example.org/a", "https://www.example.org/b", []int{301, 308}, true, false},
		{"http://a.example.co.uk/a", "https://b.example.co.uk/a", []int{308}, true, false},
		{"http://a.co.uk/a", "https://b.co.uk/a", []int{301}, false, false},
		{"http://a.gouv.fr/x", "https://b.gouv.fr/x", []int{301}, false, false},
		{"http://example.org/a", "https://example.org/b", []int{301, 302}, false, false},
		{"http://example.org/a", "http://example.org/a", []int{301}, false, false},
		{"http://example.org/", "https://example.org/", []int{301}, true, false},
		{"http://example.org/", "https://example.org/fr/", []int{301}, false, false},
		{"http://example.org/a/b", "https://www.example.org/", []int{302}, false, true},
		{"http://example.org/a/index.html", "https://example.org/", []int{301}, true, false},
		{"http://example.org/fr/", "https://example.org/", []int{302}, false, false},
		{"http://example.org/a/b", "https://elsewhere.test/", []int{302}, false, false},
	} {
		a, _ := parseAddress(tt.from)
		b, _ := parseAddress(tt.to)
		o := outcome{hops: tt.hops, last: b}
		if got := movable(a, o); got != tt.movable {
			t.Errorf("%s to %s: movable %v", tt.from, tt.to, got)
		}
		if got := toFront(a, b); got != tt.front {
			t.Errorf("%s to %s: front %v", tt.from, tt.to, got)
		}
	}
}

func TestLogin(t *testing.T) {
	for u, want := range map[string]bool{
		"https://example.org/login": true, "https://login.example.org/": true, "https://sso.example.org/x": true,
		"https://example.org/users/sign_in": true, "https://example.org/cas/login?service=x": true, "https://example.org/connexion.php": true,
		"https://example.org/blogin": false, "https://example.org/signature": false, "https://example.org/in/sign": false, "https://example.org/author": false,
	} {
		a, _ := parseAddress(u)
		if login(a) != want {
			t.Errorf("%s: %v", u, !want)
		}
	}
}

func FuzzReadPage(f *testing.F) {
	f.Add([]byte("<title>404</title><h1 id=x>a</h1><meta name=robots content=noindex>"))
	f.Add([]byte("<title><h1><script>\xff</title>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p := readPage(data, false)
		p.sorry()
		if p.has("") && !p.ids[""] {
			t.Error("an empty fragment is an anchor")
		}
		if len(p.title) > 8*maxText {
			t.Errorf("a title of %d bytes from %d", len(p.title), len(data))
		}
	})
}
