# Short names for the commands of the README and of .ci/run.
GO ?= go
export GOTOOLCHAIN := local

# A tag v1.2.3 gives 1.2.3; any other commit a version that sorts before the first release.
VERSION ?= $(shell git describe --tags --exact-match --match 'v*' 2>/dev/null | sed 's/^v//' | grep . || git log -1 --format='0~git%cd.%h' --date=format:%Y%m%d)

.PHONY: build test lint generate install deb
build:
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o patchbot ./cmd/patchbot
test:
	$(GO) test ./...
lint:
	$(GO) vet ./...
	$(GO) tool -modfile=.ci/tools.mod staticcheck ./...
generate:
	cd internal/store && $(GO) tool -modfile=../../.ci/tools.mod sqlc generate
	for lang in en fr; do $(GO) run ./cmd/patchbot rules --config /dev/null --format markdown --lang $$lang >docs/rules.$$lang.md; done
	$(GO) test ./cmd/patchbot -run TestManualFresh -update
	$(GO) test ./internal/review -run TestTemplatesDocFresh -update
install: build
	install -D -m 755 patchbot $(DESTDIR)/usr/bin/patchbot
	install -D -m 644 dist/patchbot.service $(DESTDIR)/lib/systemd/system/patchbot.service
	test -e $(DESTDIR)/etc/patchbot/config.toml || install -D -m 644 config.example.toml $(DESTDIR)/etc/patchbot/config.toml
	install -D -m 644 dist/patchbot.8 $(DESTDIR)/usr/share/man/man8/patchbot.8
	install -D -m 644 dist/patchbot.bash $(DESTDIR)/usr/share/bash-completion/completions/patchbot
deb:
	dist/deb/build '$(VERSION)' .
