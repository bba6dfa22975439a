package sqlstore

import (
	"archive/zip"
	"bytes"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// Migrations gives the files that make the tables of a dialect under a prefix, in the form that goose reads: one
// statement after the other, with comments for goose alone. Apply them in the order of their names, each once. There is
// no way down: what a store holds is not dropped by a file.
//
// A host that applies them itself passes [WithoutMigration] to [New].
func Migrations(d Dialect, prefix string) (fs.FS, error) {
	if _, err := configured(d, []Option{Prefix(prefix)}); err != nil {
		return nil, err
	}
	files, err := prefixed("migrations/"+string(d), prefix)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: migrations: %w", err)
	}
	return files, nil
}

// prefixed copies a folder, with the prefix in its files, into an archive in memory: that is a file system.
func prefixed(folder, prefix string) (fs.FS, error) {
	entries, err := migrations.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for _, entry := range entries {
		text, err := migrations.ReadFile(folder + "/" + entry.Name())
		if err != nil {
			return nil, err
		}
		f, err := w.Create(entry.Name())
		if err != nil {
			return nil, err
		}
		if _, err := strings.NewReplacer("{p}", prefix).WriteString(f, string(text)); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
}

// Migrate makes the tables of a store, or brings them up to date. Of several processes that do it at once one does the
// work and the others wait. It remembers in a table of its own, the prefix and "migrations", what was done, and touches
// nothing that does not bear the prefix; but a SQLite database, as a whole, is switched to write-ahead logging (WAL).
//
// Only [Prefix] and [Wait] matter among the options.
func Migrate(ctx context.Context, db *sql.DB, d Dialect, opts ...Option) error {
	o, err := configured(d, opts)
	if err != nil {
		return err
	}
	return migrate(ctx, db, d, o)
}

func migrate(ctx context.Context, db *sql.DB, d Dialect, o options) error {
	for try := 1; ; try++ {
		err := migrateOnce(ctx, db, d, o)
		if err == nil || try == tries || ctx.Err() != nil {
			return ended(ctx, err)
		}
		// Where two begin at once on an empty database, one may find what the other has half done: SQLite has no lock
		// that would outlast a transaction, and MySQL makes the table of versions in one step and fills it in the next.
		// Who looks again finds the work done.
		if !Transient(err) && (d == Postgres || try >= tries/2) {
			return err
		}
		if waited := o.wait(ctx, try); waited != nil {
			return waited
		}
	}
}

func migrateOnce(ctx context.Context, db *sql.DB, d Dialect, o options) (err error) {
	if d == SQLite {
		if _, err := db.ExecContext(ctx, "PRAGMA journal_mode = WAL"); err != nil {
			return fmt.Errorf("sqlstore: write-ahead log: %w", err)
		}
	}
	files, err := Migrations(d, o.prefix)
	if err != nil {
		return err
	}
	settings := []goose.ProviderOption{
		goose.WithTableName(o.prefix + "migrations"), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()),
	}
	if d != SQLite {
		settings = append(settings, goose.WithSessionLocker(locker{d, o.prefix}))
	}
	provider, err := goose.NewProvider(map[Dialect]goose.Dialect{
		SQLite: goose.DialectSQLite3, Postgres: goose.DialectPostgres, MySQL: goose.DialectMySQL,
	}[d], db, files, settings...)
	if err != nil {
		return fmt.Errorf("sqlstore: migrate: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("sqlstore: migrate: %w", err)
	}
	return nil
}

// A locker keeps migrations of one prefix apart, with the locks that a session has until it ends.
type locker struct {
	dialect Dialect
	prefix  string
}

// lockSeconds is how long MySQL waits for the lock; PostgreSQL waits for as long as the context lasts.
const lockSeconds = 600

// SessionLock implements the locker of goose.
func (l locker) SessionLock(ctx context.Context, conn *sql.Conn) error {
	if l.dialect == Postgres {
		_, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", l.number())
		return err
	}
	var got sql.NullInt64
	if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK(CONCAT(DATABASE(), ?), ?)", "."+l.prefix, lockSeconds).Scan(&got); err != nil {
		return err
	}
	if got.Int64 != 1 {
		return errors.New("another process has migrated for too long")
	}
	return nil
}

// SessionUnlock implements the locker of goose.
func (l locker) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	if l.dialect == Postgres {
		_, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", l.number())
		return err
	}
	_, err := conn.ExecContext(ctx, "SELECT RELEASE_LOCK(CONCAT(DATABASE(), ?))", "."+l.prefix)
	return err
}

// number is the lock of PostgreSQL. Locks are the database's, so that schemas that use one prefix wait for each other
// without need.
func (l locker) number() int64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "github.com/waybill-dev/waybill/order/sqlstore %s", l.prefix)
	return int64(h.Sum64())
}
