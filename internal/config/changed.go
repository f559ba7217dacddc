package config

import (
	"reflect"
	"sort"
)

// Changed names the keys, in dotted form and sorted, whose values differ between two configurations. The tables of lists,
// wikis and hosts of links count as one key each.
func Changed(a, b *Config) []string {
	var keys []string
	compare(reflect.ValueOf(*a), reflect.ValueOf(*b), "", &keys)
	sort.Strings(keys)
	return keys
}

func compare(a, b reflect.Value, prefix string, keys *[]string) {
	for f, value := range a.Fields() {
		other := b.FieldByIndex(f.Index)
		tag := f.Tag.Get("toml")
		switch {
		case f.Anonymous:
			compare(value, other, prefix, keys)
		case tag == "":
		case f.Type.Kind() == reflect.Struct:
			compare(value, other, prefix+tag+".", keys)
		case !reflect.DeepEqual(value.Interface(), other.Interface()):
			*keys = append(*keys, prefix+tag)
		}
	}
}
