package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:generate sqlc generate

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrate brings the schema to the version that this code knows, forward only. Without leave to change anything it only
// compares.
func (db *DB) migrate(ctx context.Context, change bool) error {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return err
	}
	have, err := db.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	want, err := newest(files)
	if err != nil {
		return err
	}
	switch {
	case have > want:
		return fmt.Errorf("schema version %d, this patchbot knows %d: %w", have, want, ErrNewerSchema)
	case have == want:
		return nil
	case !change:
		return fmt.Errorf("schema version %d, this patchbot needs %d: %w: start the daemon once", have, want, ErrOlderSchema)
	}
	if err := db.migrateUp(ctx, files); err != nil {
		return fmt.Errorf("migrate the schema: %w", err)
	}
	db.log.Info("schema migrated", "engine", db.Engine(), "from", have, "to", want)
	return nil
}

// migrateUp applies the missing migrations, each in its own transaction. On PostgreSQL one of several starting daemons
// does it while the others wait.
func (db *DB) migrateUp(ctx context.Context, files fs.FS) error {
	dialect := goose.DialectSQLite3
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger())}
	if db.engine == postgresql {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 120))
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(dialect, db.write, files, options...)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// SchemaVersion is the number of the last migration applied to the database, 0 for an empty one.
func (db *DB) SchemaVersion(ctx context.Context) (int64, error) {
	exists := `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'`
	if db.engine == postgresql {
		exists = `SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'goose_db_version'`
	}
	var tables int
	if err := db.read.QueryRowContext(ctx, exists).Scan(&tables); err != nil {
		return 0, fmt.Errorf("read the schema version: %w", err)
	}
	if tables == 0 {
		return 0, nil
	}
	var version int64
	err := db.read.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`).Scan(&version)
	if err != nil {
		return 0, fmt.Errorf("read the schema version: %w", err)
	}
	return version, nil
}

// newest is the highest number among the migrations of this program.
func newest(files fs.FS) (int64, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil || len(names) == 0 {
		return 0, errors.Join(errors.New("no migrations in this program"), err)
	}
	return goose.NumericComponent(names[len(names)-1])
}
