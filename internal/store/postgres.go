package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// openPostgres opens a database that several daemons may share. Raw mails are rows there.
func (db *DB) openPostgres(ctx context.Context, o Options) error {
	db.engine = postgresql
	config, err := pgx.ParseConfig(o.URL)
	if err != nil {
		return errors.New("the postgres:// URL cannot be read") // pgx would repeat it, with its password
	}
	if o.ReadOnly {
		config.RuntimeParams["default_transaction_read_only"] = "on"
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "patchbot"
	}
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(8)
	pool.SetMaxIdleConns(4)
	db.write, db.read, db.raws = pool, pool, rawRows{db}
	if err := pool.PingContext(ctx); err != nil {
		return fmt.Errorf("%s: %w", shownURL(o.URL), oneLine{err})
	}
	return nil
}

// shownURL is a database URL without its password.
func shownURL(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "postgres://"
	}
	u.RawQuery = ""
	return u.Redacted()
}

// oneLine is an error that pgx tells in several lines, one per address it tried.
type oneLine struct{ error }

func (e oneLine) Error() string { return strings.Join(strings.Fields(e.error.Error()), " ") }

func (e oneLine) Unwrap() error { return e.error }
