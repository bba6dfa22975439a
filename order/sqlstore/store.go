package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/privacy"
)

// A Store keeps orders, messages, registrations and access records in a host's database. It is an [order.Orders] in
// which every call is a transaction of its own. It is safe for concurrent use.
type Store struct {
	handle
	db      *sql.DB
	dialect Dialect
	options options
	texts   [statementCount]string
	stmts   [statementCount]*sql.Stmt
	writing chan struct{} // the one who writes, where only one can
	packers sync.Pool     // of *gzip.Writer
}

// An Option changes what [New] and [Migrate] do.
type Option func(*options)

type options struct {
	prefix  string
	now     func() time.Time
	wait    func(ctx context.Context, try int) error
	machine order.Machine
	profile privacy.Profile
	migrate bool
	answers int
}

// DefaultPrefix begins the names of the tables if [Prefix] does not say otherwise.
const DefaultPrefix = "waybill_"

// Prefix sets what the names of tables and indexes begin with, [DefaultPrefix] by default: a lower-case letter and up to
// 29 of a to z, 0 to 9 and underscore. Stores of different prefixes share a database and nothing else.
func Prefix(prefix string) Option { return func(o *options) { o.prefix = prefix } }

// Clock sets the clock by which the tasks that commands cause are due (fulfill.Commanded); time.Now by default. Everything
// else is told what time it is.
func Clock(now func() time.Time) Option { return func(o *options) { o.now = now } }

// Wait sets what is done before a transaction is tried again; try is 1 after the first failure. It returns when the
// transaction should run again, or the error of ctx. By default it waits for a random time, of at most 10 ms after the
// first failure and twice as long after each further one, up to 500 ms.
func Wait(wait func(ctx context.Context, try int) error) Option {
	return func(o *options) { o.wait = wait }
}

// Rules sets the rules that [Store.Execute] decides by; by default those of the zero [order.Machine].
func Rules(m order.Machine) Option { return func(o *options) { o.machine = m } }

// Masks sets the profile that the personal data of loaded orders is masked under; [privacy.Standard] by default.
func Masks(p privacy.Profile) Option { return func(o *options) { o.profile = p } }

// WithoutMigration lets [New] take the tables as they are, for a host that applies [Migrations] itself.
func WithoutMigration() Option { return func(o *options) { o.migrate = false } }

// ErrOption means that an option, or the dialect, cannot be.
var ErrOption = errors.New("sqlstore: invalid option")

var prefixes = regexp.MustCompile(`^[a-z][a-z0-9_]{0,29}$`)

func configured(d Dialect, opts []Option) (options, error) {
	o := options{prefix: DefaultPrefix, now: time.Now, wait: backOff, profile: privacy.Standard, migrate: true, answers: DefaultKeepAnswers}
	for _, option := range opts {
		option(&o)
	}
	switch {
	case !d.known():
		return o, fmt.Errorf("%w: unknown dialect %.20q", ErrOption, string(d))
	case !prefixes.MatchString(o.prefix):
		return o, fmt.Errorf("%w: table prefix %.40q", ErrOption, o.prefix)
	case o.now == nil || o.wait == nil:
		return o, fmt.Errorf("%w: a nil function", ErrOption)
	case o.answers < 0:
		return o, fmt.Errorf("%w: answers of %d bytes", ErrOption, o.answers)
	}
	return o, nil
}

// New gives a store on a database of the host, whose tables it makes or brings up to date first, as [Migrate] does. The
// host opens the database and closes it, after [Store.Close].
func New(ctx context.Context, db *sql.DB, d Dialect, opts ...Option) (*Store, error) {
	o, err := configured(d, opts)
	if err != nil {
		return nil, err
	}
	if o.migrate {
		if err := migrate(ctx, db, d, o); err != nil {
			return nil, err
		}
	}
	s := &Store{db: db, dialect: d, options: o}
	s.handle.s = s
	if d == SQLite {
		s.writing = make(chan struct{}, 1)
	}
	for i, text := range statementTexts {
		s.texts[i] = s.compile(text)
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// prepare prepares every statement before there is a transaction: in one, a pool of one connection has none left to
// prepare on.
func (s *Store) prepare(ctx context.Context) (err error) {
	for i, text := range s.texts {
		if s.stmts[i], err = s.db.PrepareContext(ctx, text); err != nil {
			return fmt.Errorf("sqlstore: prepare: %w", err)
		}
	}
	return nil
}

// Close closes the statements of the store. The database stays open; nothing of the store may be used any more.
func (s *Store) Close() error {
	var faults []error
	for _, stmt := range s.stmts {
		if stmt != nil {
			faults = append(faults, stmt.Close())
		}
	}
	return errors.Join(faults...)
}
