package repo

import (
	"container/list"
	"sync"
)

// cache keeps values of known size, least recently used out first, so that all of them together never exceed most bytes.
// It is safe for use by several goroutines.
type cache[K comparable, V any] struct {
	most int64

	mu    sync.Mutex
	size  int64
	order list.List // of *cached, most recently used first
	byKey map[K]*list.Element
}

type cached[K comparable, V any] struct {
	key   K
	value V
	size  int64
}

func newCache[K comparable, V any](most int64) *cache[K, V] {
	return &cache[K, V]{most: most, byKey: make(map[K]*list.Element)}
}

func (c *cache[K, V]) get(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return value, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*cached[K, V]).value, true
}

// put keeps value, of size bytes, unless it alone would fill more than a quarter of the cache.
func (c *cache[K, V]) put(key K, value V, size int64) {
	const overhead = 160 // of the list element, the map entry and the slice header
	if size += overhead; size > c.most/4 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.byKey[key]; ok {
		return
	}
	c.byKey[key] = c.order.PushFront(&cached[K, V]{key, value, size})
	c.size += size
	for c.size > c.most {
		last := c.order.Back()
		out := last.Value.(*cached[K, V])
		c.order.Remove(last)
		delete(c.byKey, out.key)
		c.size -= out.size
	}
}
