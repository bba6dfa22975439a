package sqlstore

import (
	"errors"
	"reflect"
	"strings"
)

// Transient reports whether the database gave up a transaction that may succeed when it is run again from the beginning:
// a deadlock, a serialization failure, a lock that another held for too long. It knows the errors of pgx, lib/pq,
// go-sql-driver/mysql, modernc.org/sqlite and mattn/go-sqlite3, without importing any of them.
//
// A connection that broke, a server that is not there or not ready, and a disk that is full are not transient: they last longer
// than a transaction should, and what became of a commit that was on its way is not known. Whoever gave the command gives it
// again under the same id.
func Transient(err error) bool {
	if err == nil {
		return false
	}
	switch sqlState(err) {
	case "40001", "40P01", "55P03":
		return true
	}
	switch errorNumber(err) {
	case 1205, 1213, 3572: // lock wait time-out, deadlock, NOWAIT
		return true
	case 1020: // MariaDB: the row was changed since the snapshot
		return true
	}
	const busy, locked = 5, 6
	if code := resultCode(err); code&0xff == busy || code&0xff == locked {
		return true
	}
	text := err.Error()
	return strings.Contains(text, "database is locked") || strings.Contains(text, "database table is locked")
}

// duplicate reports whether a row with the key is there already, where the statement itself does not tell.
func duplicate(err error) bool { return errorNumber(err) == 1062 }

// sqlState is the code of PostgreSQL drivers.
func sqlState(err error) string {
	var e interface{ SQLState() string }
	if errors.As(err, &e) {
		return e.SQLState()
	}
	return ""
}

// resultCode is the code of SQLite drivers; 0 if there is none.
func resultCode(err error) int {
	var e interface{ Code() int }
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// errorNumber is the number of an error of MySQL. Its driver gives it as a field, which only reflection reads without
// importing the driver into every host.
func errorNumber(err error) uint64 {
	for ; err != nil; err = errors.Unwrap(err) {
		if several, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range several.Unwrap() {
				if n := errorNumber(e); n != 0 {
					return n
				}
			}
			return 0
		}
		v := reflect.ValueOf(err)
		if v.Kind() == reflect.Pointer && !v.IsNil() {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct || v.Type().Name() != "MySQLError" {
			continue
		}
		if field := v.FieldByName("Number"); field.IsValid() && field.CanUint() {
			return field.Uint()
		}
	}
	return 0
}
