package webhook_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/webhook"
)

func TestMessageText(t *testing.T) {
	packed := gzipped(t, []byte(event))
	large := strings.Repeat("x", 8<<20)
	for _, c := range []struct {
		name, encoding string
		body           []byte
		want           string
		fault          error
	}{
		{"plain", "", []byte(event), event, nil},
		{"packed", "gzip", packed, event, nil},
		{"packed in two parts", "gzip", append(packed, packed...), event + event, nil},
		{"as large as may be", "gzip", gzipped(t, []byte(large)), large, nil},
		{"a bomb", "gzip", gzipped(t, []byte(large+"x")), "", webhook.ErrBodyTooLarge},
		{"not packed", "gzip", []byte(event), "", webhook.ErrMalformed},
		{"cut short", "gzip", packed[:len(packed)-4], "", webhook.ErrMalformed},
		{"with something behind it", "gzip", append(gzipped(t, []byte(event)), "xx"...), "", webhook.ErrMalformed},
		{"nothing", "gzip", nil, "", webhook.ErrMalformed},
		{"another encoding", "br", []byte(event), "", webhook.ErrEncoding},
	} {
		text, err := webhook.Message{Body: c.body, Encoding: c.encoding}.Text()
		if string(text) != c.want || !errors.Is(err, c.fault) || c.fault != nil && !errors.Is(err, webhook.ErrMalformed) {
			t.Errorf("%s: %d bytes, %v; want %d, %v", c.name, len(text), err, len(c.want), c.fault)
		}
	}
}

// TestMessageShowsNoBody holds it against the printers that people use.
func TestMessageShowsNoBody(t *testing.T) {
	m := webhook.Message{Source: "provider", Key: webhook.Digest{1}, Body: []byte(testSecret), ReceivedAt: time.Now()}
	request := &webhook.Request{Header: map[string][]string{"X": {testSecret}}, Rest: testToken, Body: []byte(testSecret)}
	var log lockedBuffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("canvas", "message", m, "request", request)
	slog.New(slog.NewTextHandler(&log, nil)).Info("canvas", "message", m, "request", *request)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, value := range []any{m, &m, []webhook.Message{m}, webhook.Letter{Message: m}, request, *request} {
			_, _ = fmt.Fprintf(&log, verb+"\n", value)
		}
	}
	for _, hidden := range []string{"canary", "63616e617279", "99 97 110 97 114 121", "Y2FuYXJ5"} { // as text, hexadecimal, numbers, base64
		if strings.Contains(log.String(), hidden) {
			t.Errorf("%s shows in %s", hidden, log.String())
		}
	}
	if !strings.Contains(log.String(), "message provider/01000") {
		t.Errorf("nothing shows which message it is: %s", log.String())
	}
}
