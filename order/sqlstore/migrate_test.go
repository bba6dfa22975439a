package sqlstore_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/waybill-dev/waybill/order/sqlstore"
)

// tables lists the tables of a database that the test made.
func tables(t *testing.T, db *sql.DB, e engine) (names []string) {
	t.Helper()
	text := map[sqlstore.Dialect]string{
		sqlstore.SQLite:   "SELECT name FROM sqlite_master WHERE type IN ('table', 'index') AND name NOT LIKE 'sqlite_%' ORDER BY name",
		sqlstore.Postgres: "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'i', 'S') ORDER BY relname",
		sqlstore.MySQL:    "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name",
	}[e.dialect]
	rows, err := db.QueryContext(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

// TestMigrateTouchesNothingElse: tables of the host, also those of another user of the same library, stay as they are.
func TestMigrateTouchesNothingElse(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		db := e.fresh(t)()
		run(t, db, "CREATE TABLE orders (id INTEGER NOT NULL PRIMARY KEY, note VARCHAR(20))")
		run(t, db, "INSERT INTO orders (id, note) VALUES (1, 'theirs')")
		run(t, db, "CREATE TABLE goose_db_version (id INTEGER NOT NULL PRIMARY KEY, version_id BIGINT NOT NULL, is_applied INTEGER NOT NULL)")
		run(t, db, "INSERT INTO goose_db_version (id, version_id, is_applied) VALUES (1, 42, 1)")
		before := tables(t, db, e)
		for range 2 {
			if err := sqlstore.Migrate(t.Context(), db, e.dialect, sqlstore.Prefix("wb_")); err != nil {
				t.Fatal(err)
			}
		}
		if n := count(t, db, "SELECT COUNT(*) FROM orders WHERE note = 'theirs'"); n != 1 {
			t.Error("the host's rows are gone")
		}
		if n := count(t, db, "SELECT SUM(version_id) FROM goose_db_version"); n != 42 {
			t.Errorf("another user's versions are %d", n)
		}
		theirs := fmt.Sprint(before)
		var rest []string
		for _, name := range tables(t, db, e) {
			if !strings.HasPrefix(name, "wb_") {
				rest = append(rest, name)
			}
		}
		if fmt.Sprint(rest) != theirs {
			t.Errorf("beside the prefix there are %v, there were %v", rest, theirs)
		}
	})
}

// TestMigrateAtOnce: many processes that start at once on an empty database all find it made.
func TestMigrateAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		connect := e.fresh(t)
		var wg sync.WaitGroup
		for range 6 {
			db := connect()
			wg.Go(func() {
				s, err := sqlstore.New(t.Context(), db, e.dialect)
				if err != nil {
					t.Error(err)
					return
				}
				defer s.Close()
				if _, err := s.Load(t.Context(), "O-1"); err == nil {
					t.Error("an order in an empty database")
				}
			})
		}
		wg.Wait()
		db := connect()
		files, err := sqlstore.Migrations(e.dialect, sqlstore.DefaultPrefix)
		if err != nil {
			t.Fatal(err)
		}
		names, err := fs.Glob(files, "*.sql")
		if err != nil || len(names) == 0 {
			t.Fatal(names, err)
		}
		if got := count(t, db, "SELECT COUNT(*) FROM waybill_migrations WHERE version_id > 0"); got != len(names) {
			t.Errorf("%d migrations are noted, of %d", got, len(names))
		}
		if got := count(t, db, "SELECT COUNT(*) FROM waybill_accesses_end"); got != 1 {
			t.Errorf("%d ends of the chain of access records", got)
		}
	})
}

// TestPrefixes: stores of different prefixes share a database and nothing else.
func TestPrefixes(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		db := e.fresh(t)()
		one, other := made(t, db, e, sqlstore.Prefix("a_")), made(t, db, e, sqlstore.Prefix("a_b_"))
		create(t, one, "O-1")
		if _, err := other.Load(t.Context(), "O-1"); err == nil {
			t.Error("an order of the other store")
		}
		create(t, other, "O-1")
	})
	for _, prefix := range []string{"", "A_", "1_", "a-", "a;", "a ", strings.Repeat("a", 31), "한"} {
		if _, err := sqlstore.Migrations(sqlstore.SQLite, prefix); !errors.Is(err, sqlstore.ErrOption) {
			t.Errorf("prefix %q: %v", prefix, err)
		}
	}
	if _, err := sqlstore.New(t.Context(), nil, "oracle"); !errors.Is(err, sqlstore.ErrOption) {
		t.Error(err)
	}
	if _, err := sqlstore.New(t.Context(), nil, sqlstore.SQLite, sqlstore.Clock(nil)); !errors.Is(err, sqlstore.ErrOption) {
		t.Error(err)
	}
}

// TestFilesByHand: a host applies the files itself, and Migrate is not needed.
func TestFilesByHand(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		db := e.fresh(t)()
		if _, err := sqlstore.New(t.Context(), db, e.dialect, sqlstore.WithoutMigration()); err == nil {
			t.Error("a store without tables")
		}
		files, err := sqlstore.Migrations(e.dialect, "own_")
		if err != nil {
			t.Fatal(err)
		}
		names, err := fs.Glob(files, "*.sql")
		if err != nil {
			t.Fatal(err)
		}
		if err := fstest.TestFS(files, names...); err != nil {
			t.Error(err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(files, name)
			if err != nil {
				t.Fatal(err)
			}
			var code strings.Builder
			for line := range strings.Lines(string(text)) {
				before, _, _ := strings.Cut(line, "--")
				code.WriteString(before + "\n")
			}
			for statement := range strings.SplitSeq(code.String(), ";") {
				if strings.TrimSpace(statement) != "" {
					run(t, db, statement)
				}
			}
		}
		create(t, made(t, db, e, sqlstore.Prefix("own_"), sqlstore.WithoutMigration()), "O-1")
	})
}
