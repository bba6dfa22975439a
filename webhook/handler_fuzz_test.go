package webhook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/webhook"
)

// fuzzKinds are what the fuzzed source takes.
var fuzzKinds = []string{"application/json", "application/x-www-form-urlencoded"}

// FuzzHandler holds against every request that nothing panics, that only answers of the source and of the documentation
// are given, and that a message is kept if, and only if, it is signed, by a reckoning of its own.
func FuzzHandler(f *testing.F) {
	for _, seed := range []struct {
		method, path, kind, encoding, at, signature, body string
		announced                                         int64
		sign                                              bool
	}{
		{"POST", "/webhooks/provider", "application/json", "", "1790564400", "", event, int64(len(event)), true},
		{"POST", "provider/x/", "application/json; charset=utf-8", "identity", "1790564400", "", event, -1, true},
		{"POST", "/provider", "application/x-www-form-urlencoded", "gzip", "1790564400", "", "fid=1", 5, true},
		{"POST", "/provider", "application/json", "", "1790564400", "sha256=" + strings.Repeat("0", 64), event, int64(len(event)), false},
		{"POST", "/provider", "application/json", "", "9999999999", "", event, 1 << 40, true},
		{"GET", "/token/" + testToken, "", "", "", "", "", 0, false},
		{"POST", "/token/" + testToken, "", "", "", "", "{}", 2, false},
		{"POST", "/token/" + testToken + "x", "", "", "", "", "{}", 3, false},
		{"POST", "*", "text/xml", "br", "", "sha256=", "\x00", 1, false},
		{"POST", "/panics", "", "", "", "", "x", 1, false},
	} {
		f.Add(seed.method, seed.path, seed.kind, seed.encoding, seed.at, seed.signature, []byte(seed.body), seed.announced, seed.sign)
	}
	tokens := newToken(f, "token")
	provider := newSigned(f, "provider", webhook.Terms{MaxBody: 300, ContentTypes: fuzzKinds, TryAgain: webhook.Answer{Status: 507}})
	panics := newSigned(f, "panics", webhook.Terms{})
	panics.verify = func(r *webhook.Request) (webhook.Receipt, error) { panic(r.Body[0]) }
	f.Fuzz(func(t *testing.T, method, path, kind, encoding, at, signature string, body []byte, announced int64, sign bool) {
		if sign {
			signature = "sha256=" + fuzzSignature(at, body)
		}
		header := http.Header{"Content-Type": {kind}, "Content-Encoding": {encoding}, "X-Timestamp": {at}, "X-Signature": {signature}}
		if announced < -1 {
			announced = -1
		}
		s := newStage(t, nil, provider, tokens, panics)
		w := send(s, (&http.Request{
			Method: method, URL: &url.URL{Path: path}, Header: header, ContentLength: announced,
			Body: io.NopCloser(bytes.NewReader(body)),
		}).WithContext(context.Background()))
		switch w.Code {
		case 200, 202, 401, 404, 405, 413, 415:
		case 503, 507: // the answers to bodies that were consumed, which a length that is announced wrong looks like
			if announced >= 0 && int64(len(body)) >= announced || announced < 0 && len(body) > 0 {
				t.Errorf("%d for a body that is whole: %v", w.Code, s.reports.last(t).Err)
			}
		default:
			t.Errorf("answered %d", w.Code)
		}
		report := s.reports.last(t)
		kept, _, _ := s.inbox.counts()
		if report.Status != w.Code || (kept == 1) != report.Stored || (report.Err == nil) != (w.Code/100 == 2) {
			t.Errorf("%d, %d kept, reported %+v", w.Code, kept, report)
		}
		whole := int64(len(body)) == announced && len(body) > 0 && len(body) <= 300
		plain := method == "POST" && path == "/webhooks/provider" && kind == fuzzKinds[0] && encoding == "" && at == "1790564400" && sign
		if whole && plain && kept == 0 && string(body) != "ping" {
			t.Errorf("a push that is as it should be was answered %d: %v", w.Code, report.Err)
		}
		if kept == 0 {
			return
		}
		segments := strings.Split(path, "/")
		signed := hmac.Equal([]byte(signature), []byte("sha256="+fuzzSignature(at, body)))
		known := strings.HasSuffix(strings.TrimRight(path, "/"), testToken)
		switch {
		case method != "POST":
			t.Errorf("%s was taken", method)
		case report.Source == "provider" && !signed, report.Source == "token" && !known, report.Source == "panics":
			t.Errorf("%s took what is not authenticated", report.Source)
		case report.Source == "provider" && len(body) > 300:
			t.Errorf("a body of %d bytes was taken", len(body))
		case !slices.Contains(segments, report.Source):
			t.Errorf("%s was found in %q", report.Source, path)
		case s.inbox.bodies()[0] != string(body):
			t.Error("what is kept is not what came")
		}
	})
}

func fuzzSignature(at string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(testSecret))
	_, _ = io.WriteString(mac, at+".")
	_, _ = mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
