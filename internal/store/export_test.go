package store

import "context"

// Exec runs a statement on the writer of an open store, for tests that need a state which no method makes.
func (db *DB) Exec(ctx context.Context, statement string, args ...any) error {
	_, err := db.write.ExecContext(ctx, statement, args...)
	return err
}

// QueryText reads the first column of all rows of a query.
func (db *DB) QueryText(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// WriterPragma reads a setting of the writer's connection.
func (db *DB) WriterPragma(t interface{ Fatal(...any) }, name string) string {
	var value string
	if err := db.write.QueryRow("PRAGMA " + name).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// Plan reads what SQLite would do for a query, a line for each table it touches.
func (db *DB) Plan(ctx context.Context, query string) ([]string, error) {
	rows, err := db.write.QueryContext(ctx, "EXPLAIN QUERY PLAN "+query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			return nil, err
		}
		plan = append(plan, detail)
	}
	return plan, rows.Err()
}

// Tables are the tables that Copy copies.
func Tables() []string { return tables() }
