// Package ratelimitredis keeps the levels of rate limits in Redis, so that all processes count together: one script, one round trip for all
// quotas of an act, Redis' own time.
package ratelimitredis

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"cinema/internal/ratelimit"
	"cinema/internal/redisconn"
)

//go:embed scripts/spend.lua
var spendLua string

// defaultWait is how long an act waits for Redis before this process judges it alone.
const defaultWait = 250 * time.Millisecond

// Options are what an engine needs.
type Options struct {
	Conn   *redisconn.Conn // the caller's to close
	Secret string          // hides users and addresses in the keys' names; the same in all processes
	Wait   time.Duration   // of one act for its answer; zero: 250 ms
}

// Engine keeps levels in Redis. It is safe for concurrent use by any number of processes.
type Engine struct {
	conn   *redisconn.Conn
	secret [sha256.Size]byte
	wait   time.Duration
	script *rueidis.Lua
}

var _ ratelimit.Engine = (*Engine)(nil)

// New makes an engine on a connection.
func New(o Options) *Engine {
	if o.Wait == 0 {
		o.Wait = defaultWait
	}
	return &Engine{
		conn: o.Conn, secret: sha256.Sum256([]byte("rate limit keys|" + o.Secret)), wait: o.Wait, script: rueidis.NewLuaScript(spendLua),
	}
}

var errReply = errors.New("redis: unexpected reply of the rate limit script")

// Spend counts one act in one round trip.
func (e *Engine) Spend(ctx context.Context, charges []ratelimit.Charge) (ratelimit.Decision, error) {
	charges = charges[:min(len(charges), ratelimit.MaxCharges)]
	keys, args := make([]string, 0, len(charges)), make([]string, 0, 2*len(charges))
	for i := range charges {
		if q := charges[i].Quota; q.Limit > 0 && q.Per > 0 {
			u := q.Units()
			keys = append(keys, e.key(&charges[i], u))
			args = append(args, strconv.FormatInt(u.Limit, 10), strconv.FormatInt(u.Per, 10))
		}
	}
	var levels [ratelimit.MaxCharges]int64
	if len(keys) == 0 {
		return ratelimit.Judge(charges, levels[:len(charges)], true), nil
	}
	var got []int64
	err := e.conn.Try(ctx, e.slot(keys[0]), e.wait, func(ctx context.Context) (err error) {
		got, err = e.script.Exec(ctx, e.conn.Client, keys, args).AsIntSlice()
		return err
	})
	if err != nil {
		return ratelimit.Decision{}, fmt.Errorf("rate limit script: %w", err)
	}
	if len(got) != len(keys)+1 {
		return ratelimit.Decision{}, errReply
	}
	at := 1
	for i := range charges {
		if q := charges[i].Quota; q.Limit > 0 && q.Per > 0 {
			levels[i] = got[at]
			at++
		}
	}
	return ratelimit.Judge(charges, levels[:len(charges)], got[0] == 1), nil
}

// key is rl:{name}:<hash>. All keys of a name share a slot. The quota is part of the hash, because levels of another quota have other
// units: whoever changes a quota begins it anew.
func (e *Engine) key(c *ratelimit.Charge, u ratelimit.Units) string {
	var room [160]byte
	text := append(room[:0], e.secret[:]...)
	text = strconv.AppendInt(text, u.Limit, 10)
	text = strconv.AppendInt(append(text, '/'), u.Per, 10)
	text = append(append(text, '|'), c.Who...)
	sum := sha256.Sum256(text)
	key := append(append(append(room[:0], "rl:{"...), c.Name...), "}:"...)
	return string(base64.RawURLEncoding.AppendEncode(key, sum[:16]))
}

func (e *Engine) slot(key string) uint16 {
	if !e.conn.Cluster() {
		return 0
	}
	var c rueidis.Completed
	c = c.SetSlot(key)
	return c.Slot()
}
