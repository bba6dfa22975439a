package webhook

import (
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"strings"
	"time"
)

const (
	defaultInboxTimeout = 700 * time.Millisecond // tracker.delivery documents one second for the whole answer
	defaultMaxBody      = 1 << 20
	largestMaxBody      = 1 << 30
	longestName         = 64
)

// Config of a [Handler]. Sources and Inbox are required; the zero value of every other field works.
type Config struct {
	// Sources are the providers that push here. Names must differ. Those with a method Validate() error are validated.
	Sources []Source

	// Inbox keeps what was accepted. Its errors go to log and hooks, shortened to one line and without numbers.
	Inbox Inbox

	// Policy refuses what is authenticated too weakly for the host. A [Worker] has the same one, and asks where it says so.
	Policy Policy

	// InboxTimeout is how long Inbox.Put may take before the provider is told to try again, even if Put takes no notice
	// of its context; 0 means 700 ms. With the 200 ms that a [Responder] has, it must stay below what the hastiest
	// provider waits: tracker.delivery documents one second, deliveryapi documented three.
	InboxTimeout time.Duration

	// Wake is called after a message was stored for the first time, outside of the request, such as [Worker.Wake].
	// It must return at once; Shutdown waits for it.
	Wake func()

	// Now is the clock of receipts, time windows and reports; nil means time.Now. Deadlines are wall-clock times whatever
	// it says. It is called concurrently.
	Now func() time.Time

	// Logger gets refusals and what goes wrong in code of the host, and at level debug what was accepted; never a path, a
	// secret, a signature or anything of a body. Nil means silent.
	Logger *slog.Logger

	// Hooks observe the answers.
	Hooks Hooks
}

// Validate reports every fault of the configuration at once, as errors joined; nil when there is none.
func (c Config) Validate() error {
	_, err := c.mounts()
	return err
}

// A mount is a source with what was found out about it at the start.
type mount struct {
	source    Source
	responder Responder // nil: the answer is always the same
	name      string
	terms     Terms // with every default filled in
}

// mounts makes a mount of every source, and reports all faults.
func (c Config) mounts() ([]*mount, error) {
	var faults []error
	if len(c.Sources) == 0 {
		faults = append(faults, errors.New("webhook: no sources"))
	}
	var mounts []*mount
	seen := make(map[string]bool, len(c.Sources))
	for i, source := range c.Sources {
		m, wrong := newMount(source)
		label := fmt.Sprint(i + 1)
		if m != nil {
			label = m.name
		}
		for _, err := range wrong {
			faults = append(faults, fmt.Errorf("webhook: source %s: %w", label, err))
		}
		if m == nil {
			continue
		}
		if seen[m.name] {
			faults = append(faults, fmt.Errorf("webhook: two sources are named %q", m.name))
		}
		seen[m.name] = true
		mounts = append(mounts, m)
	}
	if c.Inbox == nil {
		faults = append(faults, errors.New("webhook: no inbox"))
	}
	if c.InboxTimeout < 0 {
		faults = append(faults, fmt.Errorf("webhook: InboxTimeout is %v", c.InboxTimeout))
	}
	return mounts, errors.Join(faults...)
}

// newMount makes a mount, and reports what is wrong with the source. It gives none for a source that has no usable name.
func newMount(source Source) (m *mount, faults []error) {
	if source == nil {
		return nil, []error{errors.New("is nil")}
	}
	defer func() {
		if recover() != nil {
			faults = append(faults, fmt.Errorf("%T panics when it is looked at; is it a nil pointer?", source))
		}
	}()
	name := source.Name()
	if !validName(name) {
		return nil, []error{fmt.Errorf("%q is no name: want a path segment of lower-case letters, digits and any of .-_", name)}
	}
	m = &mount{source: source, name: name}
	m.responder, _ = source.(Responder)
	m.terms, faults = source.Terms().complete()
	if v, ok := source.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			faults = append(faults, err)
		}
	}
	return m, faults
}

func validName(name string) bool {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
	}
	return name != "" && len(name) <= longestName && !strings.ContainsFunc(name, odd) && name[0] != '.'
}

// complete fills in the defaults, and reports what no answer can be.
func (t Terms) complete() (_ Terms, faults []error) {
	switch {
	case t.MaxBody < 0 || t.MaxBody > largestMaxBody:
		faults = append(faults, fmt.Errorf("MaxBody is %d, want at most 1 GiB", t.MaxBody))
	case t.MaxBody == 0:
		t.MaxBody = defaultMaxBody
	}
	for _, kind := range t.ContentTypes {
		if plain, _, err := mime.ParseMediaType(kind); err != nil || !strings.EqualFold(plain, kind) || !strings.Contains(kind, "/") {
			faults = append(faults, fmt.Errorf("ContentTypes has %q, which is no media type without parameters", kind))
		}
	}
	for _, a := range []struct {
		answer *Answer
		name   string
		status int
	}{
		{&t.Accepted, "Accepted", 200}, {&t.TryAgain, "TryAgain", 503}, {&t.Refused, "Refused", 401}, {&t.Malformed, "Malformed", 400},
	} {
		if *a.answer == (Answer{}) {
			a.answer.Status = a.status
		}
		if err := a.answer.check(); err != nil {
			faults = append(faults, fmt.Errorf("the answer %s %w", a.name, err))
		}
	}
	if s := t.Accepted.Status; s >= 400 && s <= 599 {
		faults = append(faults, fmt.Errorf("the answer Accepted has status %d, which no provider takes for success", t.Accepted.Status))
	}
	return t, faults
}

func (a Answer) check() error {
	switch {
	case a.Status < 200 || a.Status > 599:
		return fmt.Errorf("has status %d, want 200 to 599", a.Status)
	case a.Status >= 300 && a.Status <= 399:
		return fmt.Errorf("has status %d, which would send the push to another address", a.Status)
	case a.Body != "" && (a.Status == 204 || a.Status == 205):
		return fmt.Errorf("has a body, which status %d cannot have", a.Status)
	case a.Body == "" && a.ContentType != "":
		return errors.New("has a content type and no body")
	case strings.ContainsAny(a.ContentType, "\r\n"):
		return errors.New("has a content type of several lines")
	}
	return nil
}
