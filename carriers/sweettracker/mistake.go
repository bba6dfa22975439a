package sweettracker

import (
	"errors"
	"strings"

	"github.com/waybill-dev/waybill/tracking"
)

// mistake is one fault of a configuration.
type mistake struct {
	kind error
	what string // without the value that is wrong: it may be a secret in the wrong place
}

// joinMistakes makes an error of each, for whoever validates.
func joinMistakes(found []mistake) error {
	errs := make([]error, 0, len(found))
	for _, m := range found {
		errs = append(errs, m.failure("configure", m.what))
	}
	return errors.Join(errs...)
}

// stoppedBy makes one error of all, for an operation that cannot begin. A missing credential goes before the rest.
func stoppedBy(found []mistake, op string) error {
	if len(found) == 0 {
		return nil
	}
	first, texts := found[0], make([]string, 0, len(found))
	for _, m := range found {
		texts = append(texts, m.what)
		if errors.Is(m.kind, tracking.ErrCredentials) {
			first = m
		}
	}
	return first.failure(op, strings.Join(texts, "; "))
}

func (m mistake) failure(op, text string) error {
	return &tracking.Error{Carrier: Name, Op: op, Kind: m.kind, Billed: tracking.No, Err: errors.New(text)}
}
