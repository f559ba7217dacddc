package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"strings"

	"patchbot/internal/store/internal/sqlgen"
)

// engine is the one place where the two databases differ in what they are asked.
type engine int

const (
	sqlite engine = iota
	postgresql
)

func (e engine) String() string {
	if e == postgresql {
		return "postgresql"
	}
	return "sqlite"
}

// conn gives the queries their connection.
func (e engine) conn(c sqlgen.DBTX) sqlgen.DBTX {
	if e == postgresql {
		return skipLocked{c}
	}
	return c
}

// skipLocked lets concurrent claimants of PostgreSQL pass by rows that another is claiming. The claims are right without
// it, since they repeat their condition; with it they do not queue up behind one row.
type skipLocked struct{ sqlgen.DBTX }

func (s skipLocked) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	query = strings.Replace(query, "/* on postgresql: for update skip locked */", "FOR UPDATE SKIP LOCKED", 1)
	return s.DBTX.QueryRowContext(ctx, query, args...)
}

// madeUpOwner names this process well enough when the caller does not.
func madeUpOwner() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text()[:8])
}
