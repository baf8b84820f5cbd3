package storesqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"modernc.org/sqlite"

	"cinema/internal/fault"
)

const codeUnavailable = "store_unavailable"

// SQLite's result codes that this package tells apart (sqlite.org/rescode.html).
const (
	resultConstraint = 19
	resultForeignKey = 787
	resultUnique     = 2067
	resultPrimaryKey = 1555
)

// translate turns an error of the driver into the product's vocabulary. A full disk, an I/O error or a busy file is Unavailable:
// the same call may be repeated. A broken constraint is a bug of the caller or of this package and stays internal.
func translate(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if _, ok := errors.AsType[*fault.Fault](err); ok {
		return err
	}
	cause, ok := errors.AsType[*sqlite.Error](err)
	if !ok && !errors.Is(err, driver.ErrBadConn) && !errors.Is(err, sql.ErrConnDone) && !errors.Is(err, sql.ErrTxDone) {
		return err
	}
	if ok && cause.Code()&0xff == resultConstraint {
		return fmt.Errorf("store: %s", err.Error())
	}
	return fault.Wrap(errors.New(err.Error()), fault.Unavailable, codeUnavailable, "The store does not answer. Please try again.")
}

// refused tells whether the error is a broken constraint with the result code.
func refused(err error, codes ...int) bool {
	cause, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	for _, c := range codes {
		if cause.Code() == c {
			return true
		}
	}
	return false
}

func notFound(code, detail string) error { return fault.New(fault.NotFound, code, detail) }

// orNotFound gives a missing row its own fault.
func orNotFound(err error, code, detail string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return notFound(code, detail)
	}
	return err
}
