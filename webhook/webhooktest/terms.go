package webhooktest

import (
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/webhook"
)

func termClauses() []sourceClause {
	return []sourceClause{
		{name: "the name is short, lower case and constant", hold: holdName},
		{name: "terms are constant", hold: holdConstantTerms},
		{name: "terms make sense", hold: holdTerms},
		{name: "answers can be told apart", hold: holdAnswers},
		{name: "good pushes fit the terms", hold: holdFits},
		{name: "its configuration is valid", hold: holdValid},
		{name: "a faulty configuration refuses everything", needs: needsInvalid, hold: holdInvalid},
	}
}

func holdName(t *testing.T, h SourceHarness) {
	s := h.New(t)
	name := s.Name()
	if name == "" || len(name) > 40 || name != strings.ToLower(name) || strings.ContainsAny(name, " \t:/?#%") {
		t.Errorf("the name %q", name)
	}
	h.messages(t, s)
	if s.Name() != name {
		t.Errorf("the name changed from %q to %q", name, s.Name())
	}
}

func holdConstantTerms(t *testing.T, h SourceHarness) {
	s := h.New(t)
	before := s.Terms()
	h.messages(t, s)
	if after := s.Terms(); !reflect.DeepEqual(before, after) {
		t.Errorf("the terms changed from %+v to %+v", before, after)
	}
}

func holdTerms(t *testing.T, h SourceHarness) {
	terms := h.New(t).Terms()
	if terms.MaxBody < 0 {
		t.Errorf("the largest body is %d", terms.MaxBody)
	}
	for _, kind := range terms.ContentTypes {
		if kind != strings.ToLower(kind) || !strings.Contains(kind, "/") || strings.ContainsAny(kind, "; ") {
			t.Errorf("the content type %q is no media type without parameters", kind)
		}
	}
	for name, a := range map[string]webhook.Answer{
		"Accepted": terms.Accepted, "TryAgain": terms.TryAgain, "Refused": terms.Refused, "Malformed": terms.Malformed,
	} {
		switch {
		case a == webhook.Answer{}: // the default
		case a.Status < 200 || a.Status > 599:
			t.Errorf("%s has the status %d", name, a.Status)
		case a.Body != "" && a.ContentType == "":
			t.Errorf("%s has a body without a content type", name)
		}
		for _, secret := range h.Secrets {
			if strings.Contains(a.Body, secret) {
				t.Errorf("%s shows a secret", name)
			}
		}
	}
	if code := terms.Accepted.Status; code >= 300 {
		t.Errorf("Accepted has the status %d", code)
	}
}

// holdAnswers: a sender that cannot tell "taken" from "not taken" does not send again.
func holdAnswers(t *testing.T, h SourceHarness) {
	terms := h.New(t).Terms()
	accepted := orStatus(terms.Accepted, http.StatusOK)
	if orStatus(terms.TryAgain, http.StatusServiceUnavailable) == accepted {
		t.Error("TryAgain is the answer to what was accepted")
	}
	if orStatus(terms.Refused, http.StatusUnauthorized) == accepted {
		t.Error("Refused is the answer to what was accepted")
	}
}

func orStatus(a webhook.Answer, status int) webhook.Answer {
	if a.Status == 0 {
		a.Status = status
	}
	return a
}

func holdFits(t *testing.T, h SourceHarness) {
	terms := h.New(t).Terms()
	limit := terms.MaxBody
	if limit == 0 {
		limit = 1 << 20
	}
	for _, p := range h.Good {
		if int64(len(p.Body)) > limit {
			t.Errorf("%s has %d bytes, over the limit of %d", p.Name, len(p.Body), limit)
		}
		kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if len(terms.ContentTypes) > 0 && !slices.Contains(terms.ContentTypes, kind) {
			t.Errorf("%s is of the content type %q, which is not taken", p.Name, kind)
		}
	}
}

func holdValid(t *testing.T, h SourceHarness) {
	if v, ok := h.New(t).(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			t.Errorf("Validate: %v", err)
		}
	}
}

func holdInvalid(t *testing.T, h SourceHarness) {
	s := h.Invalid(t)
	if v, ok := s.(interface{ Validate() error }); !ok || v.Validate() == nil {
		t.Error("Validate finds nothing wrong")
	}
	for _, p := range h.Good {
		if _, err := s.Verify(p.request()); err == nil {
			t.Errorf("%s is accepted by a source that is configured wrongly", p.Name)
		}
	}
}
