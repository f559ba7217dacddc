package config

import (
	"fmt"
	"reflect"
	"sort"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// Keys lists every key of a configuration in dotted form, sorted; keys of [[list]] and [[wiki]] tables as "list.name".
func Keys() []string {
	var keys []string
	collect(reflect.TypeFor[Config](), "", &keys)
	sort.Strings(keys)
	return keys
}

func collect(t reflect.Type, prefix string, keys *[]string) {
	for f := range t.Fields() {
		if f.Anonymous {
			collect(f.Type, prefix, keys)
			continue
		}
		tag := f.Tag.Get("toml")
		if tag == "" {
			continue
		}
		key := prefix + tag
		*keys = append(*keys, key)
		inner := f.Type
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			collect(inner, key+".", keys)
		}
	}
}

// keyLines maps "imap.host" and "wiki[0].branch" to the line where the key stands.
func keyLines(data []byte) map[string]int {
	lines := map[string]int{}
	counts := map[string]int{}
	table := ""
	var p unstable.Parser
	p.Reset(data)
	for p.NextExpression() {
		e := p.Expression()
		var parts []string
		line := 0
		for it := e.Key(); it.Next(); {
			n := it.Node()
			parts = append(parts, string(n.Data))
			if line == 0 {
				line = p.Shape(n.Raw).Start.Line
			}
		}
		name := strings.Join(parts, ".")
		switch e.Kind {
		case unstable.Table:
			if n := counts[parts[0]]; n > 0 { // a table of the last [[list]]
				parts[0] = fmt.Sprintf("%s[%d]", parts[0], n-1)
				name = strings.Join(parts, ".")
			}
			table = name + "."
			lines[name] = line
		case unstable.ArrayTable:
			name = fmt.Sprintf("%s[%d]", name, counts[name])
			counts[strings.Join(parts, ".")]++
			table = name + "."
			lines[name] = line
		case unstable.KeyValue:
			lines[table+name] = line
		}
	}
	return lines
}
