//go:build unix

package sqlstore_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/waybill-dev/waybill/order/sqlstore"
)

// A server is a database server of a test's own, in a temporary folder, that the test stops as a power cut does and starts
// again.
type server struct {
	driver, address string
	start, halt     func(t testing.TB)
}

// servers make them, with all they keep in a folder. Each skips the test where the server is not installed.
var servers = map[sqlstore.Dialect]func(t testing.TB, folder string) *server{sqlstore.Postgres: privatePostgres, sqlstore.MySQL: privateMariaDB}

// program finds a program that need not be in the PATH.
func program(t testing.TB, name string, folders ...string) string {
	t.Helper()
	for _, folder := range append([]string{""}, folders...) {
		found, _ := filepath.Glob(filepath.Join(folder, name))
		if folder == "" {
			found = []string{name}
		}
		for _, path := range found {
			if path, err := exec.LookPath(path); err == nil {
				return path
			}
		}
	}
	t.Skipf("%s is not installed: NOT TESTED", name)
	return ""
}

// freePort is one that nobody listens on.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// ran makes a command. A server refuses to run as root: then it runs as the user that its package
// made, who gets the folder.
func ran(t testing.TB, as, folder, name string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(context.WithoutCancel(t.Context()), name, args...)
	c.Dir = folder
	if os.Getuid() != 0 {
		return c
	}
	u, err := user.Lookup(as)
	if err != nil {
		t.Skipf("there is no user %s: NOT TESTED", as)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(folder, uid, gid); err != nil {
		t.Fatal(err)
	}
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return c
}

func must(t testing.TB, c *exec.Cmd) {
	t.Helper()
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", c.Path, err, out)
	}
}

// folderFor is one whose path is short enough for a socket, and open to the server's user.
func folderFor(t testing.TB) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "waybill")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return folder
}

func privatePostgres(t testing.TB, folder string) *server {
	t.Helper()
	const folders = "/usr/lib/postgresql/*/bin"
	extra := []string{folders}
	if out, err := exec.CommandContext(t.Context(), "pg_config", "--bindir").Output(); err == nil {
		extra = append(extra, strings.TrimSpace(string(out)))
	}
	initdb, pgctl := program(t, "initdb", extra...), program(t, "pg_ctl", extra...)
	port := freePort(t)
	data := filepath.Join(folder, "data")
	must(t, ran(t, "postgres", folder, initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"))
	s := &server{driver: "pgx", address: fmt.Sprintf("postgres://postgres@127.0.0.1:%s/postgres?sslmode=disable", port)}
	s.start = func(t testing.TB) {
		t.Helper()
		must(t, ran(t, "postgres", folder, pgctl, "-D", data, "-w", "-t", "60", "-l", filepath.Join(folder, "log"),
			"-o", fmt.Sprintf("-p %s -k %s -c fsync=off -c listen_addresses=127.0.0.1", port, folder), "start"))
	}
	s.halt = func(t testing.TB) {
		t.Helper()
		must(t, ran(t, "postgres", folder, pgctl, "-D", data, "-w", "-m", "immediate", "stop"))
	}
	return s.begin(t)
}

func privateMariaDB(t testing.TB, folder string) *server {
	t.Helper()
	install := program(t, "mariadb-install-db", "/usr/bin")
	daemon := program(t, "mariadbd", "/usr/sbin", "/usr/libexec")
	mysql.SetLogger(&mysql.NopLogger{}) // connections that break are what is wanted
	port := freePort(t)
	data := filepath.Join(folder, "data")
	must(t, ran(t, "mysql", folder, install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db"))
	s := &server{driver: "mysql", address: fmt.Sprintf("root@tcp(127.0.0.1:%s)/", port)}
	var running *exec.Cmd
	s.start = func(t testing.TB) {
		t.Helper()
		running = ran(t, "mysql", folder, daemon, "--no-defaults", "--datadir="+data, "--port="+port, "--bind-address=127.0.0.1",
			"--socket="+filepath.Join(folder, "socket"), "--pid-file="+filepath.Join(folder, "pid"), "--innodb-flush-log-at-trx-commit=1",
			"--innodb-buffer-pool-size=16M", "--log-error="+filepath.Join(folder, "log"))
		if err := running.Start(); err != nil {
			t.Fatal(err)
		}
		s.answers(t)
	}
	s.halt = func(t testing.TB) {
		t.Helper()
		_ = running.Process.Kill()
		_ = running.Wait()
	}
	s.begin(t)
	db := opened(t, s.driver, s.address)
	defer db.Close()
	run(t, db, "CREATE DATABASE waybill")
	s.address += "waybill"
	return s
}

// begin starts a server for as long as the test runs.
func (s *server) begin(t testing.TB) *server {
	t.Helper()
	s.start(t)
	t.Cleanup(func() { s.halt(t) })
	return s
}

// answers waits until the server does.
func (s *server) answers(t testing.TB) {
	t.Helper()
	db := opened(t, s.driver, s.address)
	defer db.Close()
	var err error
	for range 1200 {
		if err = db.PingContext(context.WithoutCancel(t.Context())); err == nil {
			return
		}
		// By the computer's clock, also where a bubble has another one.
		_ = syscall.Nanosleep(&syscall.Timespec{Nsec: 50e6}, nil)
	}
	t.Fatalf("the server does not answer: %v", err)
}
