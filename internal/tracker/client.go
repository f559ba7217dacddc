package tracker

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// client makes requests with a token.
type client struct {
	http      *http.Client
	scheme    string // of Authorization
	userAgent string
	token     func(context.Context) (string, error)
}

// requestTime is how long one request may take, its answer included.
const requestTime = 20 * time.Second

// maxAnswer is how much of an answer is read, bytes.
const maxAnswer = 1 << 20

func newClient(o Options, scheme string) client {
	return client{
		http: &http.Client{
			Timeout: requestTime,
			// Wherever a redirection leads, the token was not meant for it.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		scheme: scheme, userAgent: o.UserAgent, token: o.Token,
	}
}

// do makes one request, with in as its JSON body unless it is nil, and reads the JSON of the answer into out.
func (c client) do(ctx context.Context, method, url string, in, out any) error {
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(data)
	}
	token, err := c.token(ctx)
	if err != nil {
		return fmt.Errorf("read token: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	req.Header.Set("Authorization", c.scheme+" "+token)
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read answer of %s: %w", req.URL.Host, err)
	}
	switch {
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden:
		return fmt.Errorf("%w: %s: %s", ErrToken, resp.Status, line(string(data), 200))
	case resp.StatusCode/100 != 2:
		return fmt.Errorf("%s answers %s: %s", req.URL.Host, resp.Status, line(string(data), 200))
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("read answer of %s: %w", req.URL.Host, err)
	}
	return nil
}
