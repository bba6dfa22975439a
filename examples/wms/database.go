package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/waybill-dev/waybill/order/sqlstore"
)

// A database is the host's, with the tables of the store and two of the host's own: what the world is like, and what was done
// in it.
type database struct {
	*sql.DB
	dialect sqlstore.Dialect
	folder  string // of a file that is thrown away in the end
}

// openDatabase opens a SQLite file, or a PostgreSQL or MySQL address. Without a name it is a file that is thrown away.
func openDatabase(ctx context.Context, name string) (*database, error) {
	d := &database{dialect: sqlstore.SQLite}
	driver := "sqlite"
	switch {
	case strings.HasPrefix(name, "postgres://"), strings.HasPrefix(name, "postgresql://"):
		d.dialect, driver = sqlstore.Postgres, "pgx"
	case strings.HasPrefix(name, "mysql://"):
		d.dialect, driver = sqlstore.MySQL, "mysql"
		name = strings.TrimPrefix(name, "mysql://")
	default:
		if name == "" {
			folder, err := os.MkdirTemp("", "waybill-wms-")
			if err != nil {
				return nil, err
			}
			d.folder, name = folder, filepath.Join(folder, "warehouse.db")
		}
		// Off the last safety: a power cut, unlike a crash, may cost the last transactions.
		name = (&url.URL{Scheme: "file", Opaque: filepath.ToSlash(name)}).String() + "?_pragma=busy_timeout(10000)&_pragma=synchronous(normal)"
	}
	var err error
	if d.DB, err = sql.Open(driver, name); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	for _, table := range []string{
		"CREATE TABLE IF NOT EXISTS wms_world (name VARCHAR(40) PRIMARY KEY, content VARCHAR(200) NOT NULL)",
		"CREATE TABLE IF NOT EXISTS wms_effects (action_key VARCHAR(255) PRIMARY KEY, calls INTEGER NOT NULL)",
	} {
		if _, err := d.ExecContext(ctx, table); err != nil {
			return nil, errors.Join(fmt.Errorf("the database: %w", err), d.Close())
		}
	}
	return d, nil
}

// Close closes the database, and throws away what is to be thrown away.
func (d *database) Close() error {
	var err error
	if d.DB != nil {
		err = d.DB.Close()
	}
	if d.folder != "" {
		err = errors.Join(err, os.RemoveAll(d.folder))
	}
	return err
}

// busy reports whether anybody works in the database.
func (d *database) busy() bool { return d.Stats().InUse > 0 }

// remember writes one fact about the world.
func (d *database) remember(ctx context.Context, name, content string) error {
	statement := "INSERT INTO wms_world (name, content) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET content = excluded.content"
	if d.dialect == sqlstore.MySQL {
		statement = "INSERT INTO wms_world (name, content) VALUES (?, ?) ON DUPLICATE KEY UPDATE content = VALUES(content)"
	}
	_, err := d.ExecContext(ctx, statement, name, content)
	return err
}

// recall reads it; empty if it was never written.
func (d *database) recall(ctx context.Context, name string) (content string, err error) {
	statement := "SELECT content FROM wms_world WHERE name = $1"
	if d.dialect == sqlstore.MySQL {
		statement = "SELECT content FROM wms_world WHERE name = ?"
	}
	err = d.QueryRowContext(ctx, statement, name).Scan(&content)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return content, err
}

// A past is what a process finds that another one left.
type past struct {
	now  time.Time // of the world; zero when it is to begin
	done int       // steps of the shop
}

// resume finds out how far the world has come. A world that is another one is not gone on with.
func (d *database) resume(ctx context.Context, world string) (p past, err error) {
	before, err := d.recall(ctx, "world")
	if err != nil {
		return p, err
	}
	if before == "" {
		return p, d.remember(ctx, "world", world)
	}
	if before != world {
		return p, fmt.Errorf("the database holds another day: %s, not %s", before, world)
	}
	for name, read := range map[string]func(string) error{
		"now":  func(s string) (err error) { p.now, err = time.Parse(time.RFC3339Nano, s); return err },
		"done": func(s string) (err error) { p.done, err = strconv.Atoi(s); return err },
	} {
		content, err := d.recall(ctx, name)
		if err == nil && content != "" {
			err = read(content)
		}
		if err != nil {
			return p, err
		}
	}
	return p, nil
}
