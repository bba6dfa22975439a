//go:build unix

package sqlstore_test

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/order/sqlstore"
)

// diskFor is a folder on a disk of its own, in memory, of so many MiB.
func diskFor(t testing.TB, size string) string {
	t.Helper()
	folder := folderFor(t)
	if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", folder).CombinedOutput(); err != nil {
		t.Skipf("no disk can be mounted: NOT TESTED with a disk that is full: %v %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.CommandContext(context.Background(), "umount", "-l", folder).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	})
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

// fillDisk writes a file until there is no room for one more block.
func fillDisk(t testing.TB, folder string) (path string) {
	t.Helper()
	path = filepath.Join(folder, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 1<<20)
	for len(block) >= 512 {
		if _, err := f.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
	return path
}

// TestFullDiskOfServer: the disk under a server fills up again and again, for minutes and for hours. Work waits, and once there is
// room again the end is that of a week in which nothing happened. A server that stopped for it is started again.
func TestFullDiskOfServer(t *testing.T) {
	const orders, fills = 8, 8
	want, _ := undisturbed(t, orders)
	for _, e := range engines[1:] {
		t.Run(string(e.dialect), func(t *testing.T) {
			if !isSet(e.variable) {
				t.Skipf("%s is not set: NOT TESTED on a %s whose disk is full", e.variable, e.dialect)
			}
			folder := diskFor(t, map[sqlstore.Dialect]string{sqlstore.Postgres: "160m", sqlstore.MySQL: "320m"}[e.dialect])
			server := servers[e.dialect](t, folder)
			synctest.Test(t, func(t *testing.T) {
				w, random := newWeek(t, orders), rand.New(rand.NewPCG(5, 9))
				db := opened(t, server.driver, server.address)
				s := made(t, db, e)
				times, stopped := 0, 0
				w.live(func(ctx context.Context) {
					for rest := 15; times < fills && w.middle(ctx, random, time.Duration(rest)*time.Minute); rest = 30 + random.IntN(180) {
						ballast := fillDisk(t, folder)
						stuffServer(t, db, e)
						fault := pass(ctx, time.Duration(5+random.IntN(85))*time.Minute)
						if err := os.Remove(ballast); err != nil {
							t.Error(err)
						}
						if db.PingContext(context.WithoutCancel(ctx)) != nil {
							stopped++
							server.halt(t)
							server.start(t)
						}
						run(t, db, "DROP TABLE IF EXISTS ballast")
						if times++; fault != nil {
							return
						}
					}
				}, w.engine(s))
				sameEnd(t, w.end(s), want)
				t.Logf("%d times, the server stopped %d times: %d failures %v, %d commands and %d actions repeated", times, stopped, w.failures(), w.failed, w.desk, w.sink.again())
				if told := w.failures() + w.desk; told < 20 {
					t.Errorf("the host was told of %d failures only", told)
				}
			})
		})
	}
}

// stuffServer uses up what room the server has in files that it has made already, until it refuses.
func stuffServer(t *testing.T, db *sql.DB, e engine) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	text := map[sqlstore.Dialect]string{
		sqlstore.Postgres: "CREATE TABLE IF NOT EXISTS ballast AS SELECT repeat(md5(random()::text), 60) AS b FROM generate_series(1, 2000)",
		sqlstore.MySQL:    "CREATE TABLE IF NOT EXISTS ballast AS SELECT REPEAT('x', 2000) AS b FROM seq_1_to_5000",
	}[e.dialect]
	if _, err := db.ExecContext(ctx, text); err == nil {
		t.Log("there was room yet")
	}
}
