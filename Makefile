# Short names for the commands of the README and of .ci/run.
GO ?= go
export GOTOOLCHAIN := local

.PHONY: build test lint generate install
build:
	CGO_ENABLED=0 $(GO) build -trimpath -o patchbot ./cmd/patchbot
test:
	$(GO) test ./...
lint:
	$(GO) vet ./...
	$(GO) tool -modfile=.ci/tools.mod staticcheck ./...
generate:
	cd internal/store && $(GO) tool -modfile=../../.ci/tools.mod sqlc generate
	for lang in en fr; do $(GO) run ./cmd/patchbot rules --config /dev/null --format markdown --lang $$lang >docs/rules.$$lang.md; done
install: build
	install -D -m 755 patchbot $(DESTDIR)/usr/bin/patchbot
	install -D -m 644 dist/patchbot.service $(DESTDIR)/lib/systemd/system/patchbot.service
	install -D -m 644 config.example.toml $(DESTDIR)/etc/patchbot/config.toml
