package config

import (
	"bytes"
	"fmt"
	"net/url"

	"github.com/pelletier/go-toml/v2"
)

// Print gives the effective configuration as TOML: every key with its value, secrets masked.
func (c *Config) Print() (string, error) {
	shown := *c
	shown.Store.URL = maskURL(c.Store.URL)
	var b bytes.Buffer
	enc := toml.NewEncoder(&b)
	enc.SetIndentTables(false)
	if err := enc.Encode(shown); err != nil {
		return "", fmt.Errorf("print configuration: %w", err)
	}
	return b.String(), nil
}

func maskURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "***"
	}
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), "xxxxx")
	}
	q := u.Query()
	for _, key := range []string{"password", "sslpassword"} {
		if q.Has(key) {
			q.Set(key, "xxxxx")
			u.RawQuery = q.Encode()
		}
	}
	return u.String()
}
