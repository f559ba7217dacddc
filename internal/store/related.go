package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"patchbot/internal/store/internal/sqlgen"
)

// What one call of Related may look at, so that a flooded thread costs no more than this.
const (
	relatedMost = 2000  // messages
	askedMost   = 10000 // ids
)

// Related finds every patch and cover letter of the same wiki that may belong together with the message of key, itself
// included when it is one: those of the same author that arrived at most window before or after it, and everything that
// is connected with these or with the message itself through threads, over as many steps as it takes, mails of any other
// kind and the bot's own replies being steps too. At most 2,000 messages are looked at, the nearest first. The result is
// sorted by arrival, then key.
func (db *DB) Related(ctx context.Context, key string, window time.Duration) ([]Message, error) {
	related, err := db.related(ctx, ident(key), window)
	if err != nil {
		return nil, fmt.Errorf("find messages related to %s: %w", key, err)
	}
	return related, nil
}

func (db *DB) related(ctx context.Context, key string, window time.Duration) ([]Message, error) {
	q := db.reads()
	start, err := q.MessageByKey(ctx, key)
	if err != nil {
		return nil, found(err)
	}
	seeds := []sqlgen.Message{start}
	if start.Author != "" {
		same, err := q.MessagesOfAuthor(ctx, sqlgen.MessagesOfAuthorParams{
			Wiki: start.Wiki, Author: start.Author, Around: start.Arrived, Most: relatedMost - 1,
			Since: start.Arrived - window.Milliseconds(), Until: start.Arrived + window.Milliseconds(),
		})
		if err != nil {
			return nil, err
		}
		seeds = append(seeds, same...)
	}
	reached, err := walkThreads(ctx, q, seeds)
	if err != nil {
		return nil, err
	}
	kept := slices.DeleteFunc(reached, func(m sqlgen.Message) bool {
		return m.Wiki != start.Wiki || m.Kind != KindPatch && m.Kind != KindCover
	})
	slices.SortFunc(kept, func(a, b sqlgen.Message) int {
		return cmp.Or(cmp.Compare(a.Arrived, b.Arrived), cmp.Compare(a.Key, b.Key))
	})
	return readMessages(kept)
}

// walkThreads goes from messages to the ids they speak of, and from there to the other messages that do, breadth first.
func walkThreads(ctx context.Context, q *sqlgen.Queries, seeds []sqlgen.Message) ([]sqlgen.Message, error) {
	var reached []sqlgen.Message
	seen := make(map[string]bool)
	reach := func(messages []sqlgen.Message) {
		for _, m := range messages {
			if !seen[m.Key] && len(reached) < relatedMost {
				seen[m.Key] = true
				reached = append(reached, m)
			}
		}
	}
	reach(seeds)
	asked := make(map[string]bool)
	for i := 0; i < len(reached); i++ {
		ids, err := q.RefsOfMessage(ctx, reached[i].Key)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if asked[id] || len(reached) >= relatedMost || len(asked) >= askedMost {
				continue
			}
			asked[id] = true
			others, err := q.MessagesByRef(ctx, sqlgen.MessagesByRefParams{ID: id, Most: relatedMost})
			if err != nil {
				return nil, err
			}
			reach(others)
		}
	}
	return reached, nil
}
