package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"path/filepath"
	"sync"
	"testing"
)

// A spy stands between a store and SQLite: it sees every statement, and can stop at one.
type spy struct {
	db *sql.DB

	mu      sync.Mutex
	queries []query     // texts that were not prepared beforehand
	seen    int         // statements, beginnings and commits since it was set to 0
	at      func(n int) // called before each of them
	open    int         // statements that were prepared and not closed
}

type query struct {
	text string
	args []any
}

func newSpy(t testing.TB) *spy {
	path := filepath.Join(t.TempDir(), "warehouse.db")
	// A connection that is closed in the middle of something locks the file for a moment.
	const patient = fast + "&_pragma=busy_timeout(5000)"
	plain := opened(t, "sqlite", path+patient)
	s := &spy{}
	s.db = sql.OpenDB(spyConnector{s, plain.Driver(), path + patient})
	t.Cleanup(func() { s.db.Close() })
	return s
}

// step notices a statement.
func (s *spy) step() {
	s.mu.Lock()
	s.seen++
	n, at := s.seen, s.at
	s.mu.Unlock()
	if at != nil {
		at(n)
	}
}

// watch calls at before each statement from now on.
func (s *spy) watch(at func(n int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen, s.at = 0, at
}

// steps gives the number of statements since watch.
func (s *spy) steps() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// statements changes the number of those that are open, and gives it.
func (s *spy) statements(change int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open += change
	return s.open
}

type spyConnector struct {
	spy     *spy
	driver  driver.Driver
	address string
}

func (c spyConnector) Driver() driver.Driver { return c.driver }

func (c spyConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.address)
	return spyConn{conn, c.spy}, err
}

// whole is what connections of the driver can do.
type whole interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
}

type spyConn struct {
	driver.Conn
	spy *spy
}

func (c spyConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	c.spy.step()
	tx, err := c.Conn.(whole).BeginTx(ctx, o)
	return spyTx{tx, c.spy}, err
}

func (c spyConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	st, err := c.Conn.(whole).PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	c.spy.statements(1)
	return spyStmt{st, c.spy}, nil
}

func (c spyConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	c.spy.step()
	return c.Conn.(whole).ExecContext(ctx, text, args)
}

func (c spyConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	c.spy.step()
	q := query{text: text}
	for _, a := range args {
		q.args = append(q.args, a.Value)
	}
	c.spy.mu.Lock()
	c.spy.queries = append(c.spy.queries, q)
	c.spy.mu.Unlock()
	return c.Conn.(whole).QueryContext(ctx, text, args)
}

type spyTx struct {
	driver.Tx
	spy *spy
}

func (t spyTx) Commit() error {
	t.spy.step()
	return t.Tx.Commit()
}

type spyStmt struct {
	driver.Stmt
	spy *spy
}

func (s spyStmt) Close() error {
	s.spy.statements(-1)
	return s.Stmt.Close()
}

func (s spyStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.spy.step()
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (s spyStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.spy.step()
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}
