package redisconn

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/redis/rueidis"
)

// ErrOpen says that the breaker is open: Redis did not answer lately and was not asked now.
var ErrOpen = errors.New("redis is away and was not asked")

// errUnfit says that what answers is not what the configuration asks for: waiting does not help.
var errUnfit = errors.New("this Redis does not fit")

// errMoving matches the refusal of a command whose keys are on their way to another node of the cluster. Nothing was done.
var errMoving = errors.New("keys are moving")

// moving makes a refusal for moving keys known to errors.Is.
type moving struct{ error }

func (moving) Is(target error) bool { return target == errMoving }

func (m moving) Unwrap() error { return m.error }

// awayCodes are the server's errors that say: not now, or not here. The command was not carried out.
var awayCodes = []string{
	"LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "NOREPLICAS", "TRYAGAIN", "MOVED", "ASK", "BUSY", "MISCONF", "NOAUTH", "WRONGPASS",
	"NOPERM", "UNBLOCKED",
}

// Down tells whether an error means that Redis could not be reached or would not serve: whether the call took effect is unknown. A script
// that failed, a wrong type or a full memory is not that.
func Down(err error) bool {
	if err == nil || rueidis.IsRedisNil(err) || rueidis.IsParseErr(err) {
		return false
	}
	if errors.Is(err, ErrOpen) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	said, ok := errors.AsType[*rueidis.RedisError](err)
	if !ok {
		return true // the network's or the client's own
	}
	if said.IsNil() {
		return false
	}
	text := said.Error()
	code, _, _ := strings.Cut(text, " ")
	// The second: a script met a key of a slot that has left for another node; scripts read everything first.
	return slices.Contains(awayCodes, code) || strings.Contains(text, "non local key")
}

// Full tells whether Redis refused a command because its memory is at the limit. Nothing was done.
func Full(err error) bool {
	said, ok := errors.AsType[*rueidis.RedisError](err)
	return ok && strings.HasPrefix(said.Error(), "OOM ")
}

// Moving marks an error that says that keys are on their way to another node, so that Do repeats the call for as long as it may.
func Moving(err error) error {
	if said, ok := errors.AsType[*rueidis.RedisError](err); ok && said.IsTryAgain() {
		return moving{err}
	}
	return err
}

// final tells whether waiting for Redis would be in vain: it is there and does not fit, or does not let us in.
func final(err error) bool {
	if errors.Is(err, errUnfit) {
		return true
	}
	said, ok := errors.AsType[*rueidis.RedisError](err)
	if !ok {
		return false
	}
	code, _, _ := strings.Cut(said.Error(), " ")
	return code == "NOAUTH" || code == "WRONGPASS" || code == "NOPERM"
}
