package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/waybill-dev/waybill/order/sqlstore"
)

// An engine is a database that tests run on.
type engine struct {
	dialect  sqlstore.Dialect
	variable string // the environment variable that holds its address; none for SQLite
	// fresh makes an empty database that is dropped with the test, and gives a way to open it, again and again.
	fresh func(t testing.TB) func() *sql.DB
}

var engines = []engine{
	{sqlstore.SQLite, "", freshSQLite},
	{sqlstore.Postgres, "WAYBILL_TEST_POSTGRES", freshPostgres},
	{sqlstore.MySQL, "WAYBILL_TEST_MYSQL", freshMySQL},
}

// onEach runs a test on every database that there is.
func onEach(t *testing.T, test func(t *testing.T, e engine)) {
	t.Helper()
	for _, e := range engines {
		t.Run(string(e.dialect), func(t *testing.T) {
			if e.variable != "" && !isSet(e.variable) {
				t.Skipf("%s is not set: NOT TESTED on %s", e.variable, e.dialect)
			}
			test(t, e)
		})
	}
}

func isSet(variable string) bool { return os.Getenv(variable) != "" }

func opened(t testing.TB, driver, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// fast spares the tests the disk: none of them switches the computer off.
const fast = "?_pragma=synchronous(off)"

func freshSQLite(t testing.TB) func() *sql.DB {
	path := filepath.Join(t.TempDir(), "warehouse.db")
	return func() *sql.DB { return opened(t, "sqlite", path+fast) }
}

func freshPostgres(t testing.TB) func() *sql.DB {
	address := os.Getenv("WAYBILL_TEST_POSTGRES")
	name := fmt.Sprintf("waybill_test_%x", rand.Uint64())
	admin := opened(t, "pgx", address)
	run(t, admin, "CREATE SCHEMA "+name)
	t.Cleanup(func() { run(t, admin, "DROP SCHEMA "+name+" CASCADE") })
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return func() *sql.DB { return opened(t, "pgx", address+separator+"search_path="+name) }
}

func freshMySQL(t testing.TB) func() *sql.DB {
	config, err := mysql.ParseDSN(os.Getenv("WAYBILL_TEST_MYSQL"))
	if err != nil {
		t.Fatal(err)
	}
	admin := opened(t, "mysql", config.FormatDSN())
	config.DBName = fmt.Sprintf("waybill_test_%x", rand.Uint64())
	run(t, admin, "CREATE DATABASE "+config.DBName)
	t.Cleanup(func() { run(t, admin, "DROP DATABASE "+config.DBName) })
	address := config.FormatDSN()
	return func() *sql.DB { return opened(t, "mysql", address) }
}

// emptied gives what fresh gives, for the many cases of a suite, one after the other: on a server it empties the tables of
// the case before, for making and dropping them takes longer than most cases.
func (e engine) emptied(t *testing.T) func(t *testing.T) func() *sql.DB {
	if e.dialect == sqlstore.SQLite {
		return func(t *testing.T) func() *sql.DB { return e.fresh(t) }
	}
	connect := e.fresh(t)
	db := connect()
	made(t, db, e)
	return func(t *testing.T) func() *sql.DB {
		run(t, db, "DELETE FROM waybill_usage")
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"orders", "history", "sections", "items", "claims", "outbox", "inbox", "watches", "shipments", "events", "raw_answers", "fulfil_shipments", "fulfil_links", "fulfil_traces", "fulfil_jobs", "streams", "keepsakes"} {
			if _, err := tx.ExecContext(t.Context(), "DELETE FROM waybill_"+table); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		return func() *sql.DB {
			db := connect()
			t.Cleanup(func() { db.Close() })
			return db
		}
	}
}

func run(t testing.TB, db *sql.DB, text string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(context.WithoutCancel(t.Context()), text, args...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// made makes a store, and closes it before its database.
func made(t testing.TB, db *sql.DB, e engine, opts ...sqlstore.Option) *sqlstore.Store {
	t.Helper()
	s, err := sqlstore.New(t.Context(), db, e.dialect, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// store makes a store in a fresh database.
func store(t testing.TB, e engine, opts ...sqlstore.Option) (*sqlstore.Store, *sql.DB) {
	t.Helper()
	db := e.fresh(t)()
	return made(t, db, e, opts...), db
}

// mark writes placeholders as the database has them.
func (e engine) mark(text string) string {
	if e.dialect != sqlstore.Postgres {
		return text
	}
	for n := 1; strings.Contains(text, "?"); n++ {
		text = strings.Replace(text, "?", fmt.Sprintf("$%d", n), 1)
	}
	return text
}

// count gives the number that a query gives.
func count(t testing.TB, db *sql.DB, text string, args ...any) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), text, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return n
}
