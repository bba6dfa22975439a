package sqlstore

import (
	"database/sql"
	"strconv"
	"strings"
)

// A Dialect is a kind of database.
type Dialect string

// The dialects.
const (
	SQLite   Dialect = "sqlite"   // 3.35 or later
	Postgres Dialect = "postgres" // PostgreSQL 12 or later
	MySQL    Dialect = "mysql"    // MySQL 8 or later, MariaDB 10.6 or later
)

func (d Dialect) known() bool { return d == SQLite || d == Postgres || d == MySQL }

// writeOptions are those of transactions that write. READ COMMITTED, not MySQL's default: under REPEATABLE READ what was
// read before a lock was waited for would be read again after it.
func (d Dialect) writeOptions() *sql.TxOptions {
	if d == SQLite {
		return nil // serializable, and no driver takes a level
	}
	return &sql.TxOptions{Isolation: sql.LevelReadCommitted}
}

// readOptions are those of transactions that read more than once and must see one state.
func (d Dialect) readOptions() *sql.TxOptions {
	if d == SQLite {
		return &sql.TxOptions{ReadOnly: true}
	}
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
}

// forUpdate locks the rows that a SELECT finds until the transaction ends. SQLite has locked the whole database by then.
func (d Dialect) forUpdate() string {
	if d == SQLite {
		return ""
	}
	return " FOR UPDATE"
}

// compile puts the prefix and the dialect's words into a statement.
func (s *Store) compile(text string) string {
	text = strings.ReplaceAll(text, "{p}", s.options.prefix)
	text = strings.ReplaceAll(text, "{lock}", s.dialect.forUpdate())
	skip, fresh := "", ""
	if s.dialect != SQLite {
		skip = " FOR UPDATE SKIP LOCKED"
	}
	if s.dialect != MySQL {
		fresh = " ON CONFLICT DO NOTHING" // MySQL has only forms that hide other faults: there the error is looked at
	}
	text = strings.ReplaceAll(text, "{skip}", skip)
	text = strings.ReplaceAll(text, "{fresh}", fresh)
	if s.dialect != Postgres {
		return text
	}
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(text, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(n))
		text = after
	}
}
