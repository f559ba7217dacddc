package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"patchbot/internal/store/internal/sqlgen"
)

// The kinds of messages that make series; every other kind is recorded and left alone.
const (
	KindPatch = "patch"
	KindCover = "cover"
)

// Message is one recorded mail, without its bytes (see [DB.Raw]).
//
// Texts are kept as UTF-8 without NUL: what is not becomes U+FFFD. Ids, names and addresses longer than 500 bytes are cut
// and end in a hash of the whole; they still compare equal to themselves in every look-up.
type Message struct {
	Key       string // MessageKey(MessageID, BodyHash); Record computes it when empty
	MessageID string // without angle brackets
	BodyHash  string
	RawHash   string // SHA-256 of the raw bytes in hex; written by Record

	Mailbox          string
	UIDValidity, UID uint32
	Size             int       // bytes
	Arrived          time.Time // at the list or mailbox; zero when unknown
	Recorded         time.Time // written by Record

	Author  string // address of the person to answer
	Subject string
	Kind    string // patch, cover, or another word for what is no part of a series
	Reason  string // why it is not taken
	Detail  string

	Wiki     string
	List     string
	SeriesID string // the series version it belongs to, as the last assembly had it; empty for none
	Version  int
	Refs     []string // ids of In-Reply-To and References, without angle brackets
}

// MessageKey tells a copy of a mail from another mail that bears the same Message-ID.
func MessageKey(messageID, bodyHash string) string {
	sum := sha256.Sum256([]byte(messageID + "\x00" + bodyHash))
	return hex.EncodeToString(sum[:])
}

func (m *Message) taken() bool { return m.Kind == KindPatch || m.Kind == KindCover }

// Record makes a message durable: its bytes, then in one transaction its row, the ids it speaks of, the steps, and the
// cursor of m.Mailbox when cur is not nil.
//
// A message known already, by its key, only moves the cursor and leaves a step saying so; fresh is false then. One case is
// different: when the known copy was not taken as a patch or cover letter and this one is (the direct copy of a mail came
// before the list's, say), this one replaces it, and fresh is true.
func (db *DB) Record(ctx context.Context, m Message, raw []byte, cur *Cursor, steps ...Step) (fresh bool, err error) {
	fail := func(err error) (bool, error) {
		return false, fmt.Errorf("record message %s: %w", m.MessageID, err)
	}
	if m.Key == "" {
		m.Key = MessageKey(m.MessageID, m.BodyHash)
	}
	known, err := db.reads().MessageByKey(ctx, ident(m.Key))
	switch err = found(err); {
	case err == nil && known.Kind == KindErased:
		err := db.tx(ctx, func(q *sqlgen.Queries) error { return db.advance(ctx, q, m.Mailbox, cur) })
		if err != nil {
			return fail(err)
		}
		return false, nil
	case err == nil:
		fresh = m.taken() && known.Kind != KindPatch && known.Kind != KindCover
	case errors.Is(err, ErrNotFound):
		fresh = true
	default:
		return fail(err)
	}
	if fresh {
		if m.RawHash, err = db.putRaw(ctx, raw); err != nil {
			return fail(err)
		}
	}
	m.Recorded = db.now()
	err = db.tx(ctx, func(q *sqlgen.Queries) error {
		if fresh, err = db.insertMessage(ctx, q, &m, fresh, steps); err != nil {
			return err
		}
		return db.advance(ctx, q, m.Mailbox, cur)
	})
	if err != nil {
		return fail(err)
	}
	return fresh, nil
}

// insertMessage writes the rows of a message and its steps. It reports whether the message is news: another daemon may
// have recorded it since fresh was found out.
func (db *DB) insertMessage(ctx context.Context, q *sqlgen.Queries, m *Message, fresh bool, steps []Step) (bool, error) {
	about := Step{MessageID: m.MessageID, SeriesID: m.SeriesID, Version: m.Version}
	if fresh {
		inserted, err := q.InsertMessage(ctx, writeMessage(m))
		if err != nil {
			return false, err
		}
		if inserted == 0 && m.taken() {
			changed, err := q.TakeMessage(ctx, takeMessage(writeMessage(m)))
			if err != nil {
				return false, err
			}
			if changed > 0 {
				inserted = changed
				steps = append([]Step{{Event: EventReplaced, Detail: place(m)}}, steps...)
			}
		}
		fresh = inserted > 0
	}
	if !fresh {
		return false, db.journal(ctx, q, about, Step{Event: EventDuplicate, Detail: place(m)})
	}
	for _, id := range append([]string{m.MessageID}, m.Refs...) {
		err := q.InsertRef(ctx, sqlgen.InsertRefParams{ID: ident(id), MessageKey: ident(m.Key)})
		if err != nil {
			return false, fmt.Errorf("write reference: %w", err)
		}
	}
	return true, db.journal(ctx, q, about, steps...)
}

// place says where a copy was found.
func place(m *Message) string {
	return fmt.Sprintf("%s, UIDVALIDITY %d, UID %d", m.Mailbox, m.UIDValidity, m.UID)
}

// Raw reads the bytes of a message by its key.
func (db *DB) Raw(ctx context.Context, key string) ([]byte, error) {
	row, err := db.reads().MessageByKey(ctx, ident(key))
	if err != nil {
		return nil, fmt.Errorf("read message %s: %w", key, found(err))
	}
	return db.getRaw(ctx, row.RawHash)
}

// MessageByKey reads one message.
func (db *DB) MessageByKey(ctx context.Context, key string) (*Message, error) {
	row, err := db.reads().MessageByKey(ctx, ident(key))
	if err != nil {
		return nil, fmt.Errorf("read message %s: %w", key, found(err))
	}
	m, err := readMessage(row)
	return &m, err
}

// MessagesByID reads the messages that bear an id: none, one, or several with different bodies.
func (db *DB) MessagesByID(ctx context.Context, messageID string) ([]Message, error) {
	id := ident(messageID)
	rows, err := db.reads().MessagesByRef(ctx, sqlgen.MessagesByRefParams{ID: id, Most: relatedMost})
	if err != nil {
		return nil, fmt.Errorf("read messages %s: %w", messageID, err)
	}
	var messages []Message
	for _, row := range rows {
		if row.MessageID != id {
			continue
		}
		m, err := readMessage(row)
		if err != nil {
			return nil, err
		}
		messages = append(messages, m)
	}
	return messages, nil
}

// MessagesOf reads the messages of a series version, in the order of its assembly.
func (db *DB) MessagesOf(ctx context.Context, seriesID string, version int) ([]Message, error) {
	rows, err := db.reads().MessagesOfSeries(ctx, sqlgen.MessagesOfSeriesParams{
		SeriesID: ident(seriesID), Version: int64(version),
	})
	if err != nil {
		return nil, fmt.Errorf("read messages of series %s v%d: %w", seriesID, version, err)
	}
	return readMessages(rows)
}

// Unassembled reads the patches and cover letters that belong to no series version, in the order they were recorded: what
// a crash left between Record and SaveAssembly, and what no assembly had a place for.
func (db *DB) Unassembled(ctx context.Context) ([]Message, error) {
	rows, err := db.reads().LooseMessages(ctx)
	if err != nil {
		return nil, fmt.Errorf("read unassembled messages: %w", err)
	}
	return readMessages(rows)
}

func readMessages(rows []sqlgen.Message) ([]Message, error) {
	messages := make([]Message, len(rows))
	for i, row := range rows {
		var err error
		if messages[i], err = readMessage(row); err != nil {
			return nil, err
		}
	}
	return messages, nil
}

func readMessage(r sqlgen.Message) (Message, error) {
	refs, err := unpackList(r.Refs)
	return Message{
		Key: r.Key, MessageID: r.MessageID, BodyHash: r.BodyHash, RawHash: r.RawHash,
		Mailbox: r.Mailbox, UIDValidity: uint32(r.UidValidity), UID: uint32(r.Uid), Size: int(r.Size),
		Arrived: moment(r.Arrived), Recorded: moment(r.Recorded),
		Author: r.Author, Subject: r.Subject, Kind: r.Kind, Reason: r.Reason, Detail: r.Detail,
		Wiki: r.Wiki, List: r.List, SeriesID: r.SeriesID, Version: int(r.Version), Refs: refs,
	}, err
}

func writeMessage(m *Message) sqlgen.InsertMessageParams {
	return sqlgen.InsertMessageParams{
		Key: ident(m.Key), MessageID: ident(m.MessageID), BodyHash: text(m.BodyHash), RawHash: m.RawHash,
		Mailbox: ident(m.Mailbox), UidValidity: int64(m.UIDValidity), Uid: int64(m.UID), Size: int64(m.Size),
		Arrived: millis(m.Arrived), Recorded: millis(m.Recorded),
		Author: ident(m.Author), Subject: text(m.Subject), Kind: text(m.Kind), Reason: text(m.Reason),
		Detail: text(m.Detail), Wiki: ident(m.Wiki), List: ident(m.List), Refs: packList(m.Refs),
		SeriesID: ident(m.SeriesID), Version: int64(m.Version),
	}
}

func takeMessage(p sqlgen.InsertMessageParams) sqlgen.TakeMessageParams {
	return sqlgen.TakeMessageParams{
		Key: p.Key, RawHash: p.RawHash, Mailbox: p.Mailbox, UidValidity: p.UidValidity, Uid: p.Uid, Size: p.Size,
		Arrived: p.Arrived, Recorded: p.Recorded, Author: p.Author, Subject: p.Subject, Kind: p.Kind, Reason: p.Reason,
		Detail: p.Detail, Wiki: p.Wiki, List: p.List, Refs: p.Refs, SeriesID: p.SeriesID, Version: p.Version,
	}
}
