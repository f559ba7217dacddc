package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"patchbot/internal/store/internal/sqlgen"
)

// rawStore keeps bytes under their SHA-256 in hex. What put has returned without an error survives a power cut. The name
// being the content, to put again what is there changes nothing, and a crash after put leaves an orphan at worst.
type rawStore interface {
	put(ctx context.Context, raw []byte) (hash string, err error)
	get(ctx context.Context, hash string) ([]byte, error)
	// remove drops bytes that no row names any more; that they are gone already is no error.
	remove(ctx context.Context, hash string) error
}

func hashOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// getRaw reads stored bytes and proves that they are the recorded ones.
func (db *DB) getRaw(ctx context.Context, hash string) ([]byte, error) {
	raw, err := db.raws.get(ctx, hash)
	if err != nil {
		return nil, fmt.Errorf("read raw mail %s: %w", hash, err)
	}
	if hashOf(raw) != hash {
		return nil, fmt.Errorf("read raw mail %s: %w", hash, ErrCorrupt)
	}
	return raw, nil
}

func (db *DB) putRaw(ctx context.Context, raw []byte) (string, error) {
	if db.readOnly {
		return "", errors.New("the store is open for reading only")
	}
	hash, err := db.raws.put(ctx, raw)
	if err != nil {
		return "", fmt.Errorf("write raw mail: %w", err)
	}
	return hash, nil
}

// rawRows is the table of raw mails in PostgreSQL.
type rawRows struct{ db *DB }

func (r rawRows) put(ctx context.Context, raw []byte) (string, error) {
	hash := hashOf(raw)
	return hash, sqlgen.New(r.db.write).InsertRaw(ctx, sqlgen.InsertRawParams{Hash: hash, Bytes: raw})
}

func (r rawRows) get(ctx context.Context, hash string) ([]byte, error) {
	raw, err := r.db.reads().RawByHash(ctx, hash)
	return raw, found(err)
}
