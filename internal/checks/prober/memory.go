package prober

import (
	"context"
	"hash/fnv"
	"time"

	"patchbot/internal/checks"
)

// Memory keeps answers from one run to the next, and counts what senders have asked for. An error of it stops nothing.
type Memory interface {
	// Recall gives what is known of the keys, also when it is out of date.
	Recall(ctx context.Context, keys []string) ([]Memo, error)
	// Remember keeps answers; an older one of the same key is replaced.
	Remember(ctx context.Context, memos []Memo) error
	// Grant takes up to want out of what a sender may ask within a day, and gives how many it took.
	Grant(ctx context.Context, sender string, want, perDay int) (int, error)
}

// Memo is one remembered answer.
type Memo struct {
	Key      string // the URL as it is asked, with the fragment where it names an anchor
	Class    checks.Class
	Cause    string
	Status   int
	Looks    int
	Evidence string
	Target   string
	Vain     int // how often in a row the answer was unknown
	Looked   time.Time
	Until    time.Time // good until then
}

// CauseMoved stands with checks.Moved; movedOnce is remembered for what looked so and was not looked at twice.
const (
	CauseMoved Cause  = "moved"
	movedOnce  string = "moved-once"
)

const day = 24 * time.Hour

// keep is how long an answer counts. A repair of a broken link must show soon; a good one is left alone, and not all of
// those of one page are asked again on the same day.
func keep(a checks.Answer, vain int, key string) time.Duration {
	switch a.Class {
	case checks.Fine:
		if a.Cause == movedOnce {
			return day
		}
		return jitter(14*day, key)
	case checks.Moved:
		return jitter(7*day, key)
	case checks.LooksBroken:
		return day
	case checks.Broken:
		return time.Hour
	}
	if vain <= 1 {
		return time.Hour
	}
	return 6 * time.Hour
}

// jitter moves d by up to a fifth, by the key: the same for the same URL.
func jitter(d time.Duration, key string) time.Duration {
	h := fnv.New64a()
	h.Write([]byte(key))
	return d + time.Duration(float64(d)*(float64(h.Sum64()%4001)/10000-0.2))
}

// recall settles what is known. Broken links are not known for long, but within that time they are.
func (p *Prober) recall(ctx context.Context, list []*link, afresh bool) {
	if p.o.Memory == nil {
		return
	}
	byKey := map[string][]*link{}
	var keys []string
	for _, l := range list {
		if l.done {
			continue
		}
		if byKey[l.key()] == nil {
			keys = append(keys, l.key())
		}
		byKey[l.key()] = append(byKey[l.key()], l)
	}
	if len(keys) == 0 {
		return
	}
	memos, err := p.o.Memory.Recall(ctx, keys)
	if err != nil {
		p.o.OnError(err)
		return
	}
	now := p.o.Now()
	for _, m := range memos {
		for _, l := range byKey[m.Key] {
			l.memo = &m
			if now.Before(m.Until) && (!afresh || m.Class != checks.Unknown && m.Class != checks.LooksBroken) {
				l.settle(checks.Answer{Class: m.Class, Cause: m.Cause, Status: m.Status, Looks: m.Looks, Evidence: m.Evidence, Target: m.Target})
			}
		}
	}
}

// remember keeps what the network said. What was not asked is not kept: the guard looks again each time, and so does what
// a host's names stand for.
func (p *Prober) remember(ctx context.Context, list []*link) {
	if p.o.Memory == nil {
		return
	}
	var memos []Memo
	seen := map[string]bool{}
	now := p.o.Now()
	for _, l := range list {
		a := l.answer
		if !l.learnt || seen[l.key()] || a.Class == checks.NotAsked || a.Cause == string(CauseBudget) {
			continue
		}
		seen[l.key()] = true
		m := Memo{Key: l.key(), Class: a.Class, Cause: a.Cause, Status: a.Status, Looks: a.Looks, Evidence: a.Evidence, Target: a.Target, Looked: now}
		if a.Class == checks.Unknown {
			m.Vain = 1
			if l.memo != nil && l.memo.Class == checks.Unknown {
				m.Vain += l.memo.Vain
			}
		}
		m.Until = now.Add(keep(a, m.Vain, m.Key))
		memos = append(memos, m)
	}
	if len(memos) == 0 {
		return
	}
	// The answers are worth keeping also when the time for them is over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := p.o.Memory.Remember(ctx, memos); err != nil {
		p.o.OnError(err)
	}
}

// grant asks how many URLs a sender may still have asked.
func (p *Prober) grant(ctx context.Context, sender string, want, perDay int) int {
	if p.o.Memory == nil || perDay <= 0 || want == 0 {
		return want
	}
	n, err := p.o.Memory.Grant(ctx, sender, want, perDay)
	if err != nil {
		p.o.OnError(err)
		return want
	}
	return min(max(n, 0), want)
}
