package audit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"cinema/internal/fault"
)

// Link chains one entry to all before it. Whoever changes an entry or a link has to write every later link anew, and then no signed
// checkpoint fits any more.
type Link struct {
	N      int64  // 1, 2, 3, …
	Entry  string // id
	Digest []byte // of the entry, see Kept.Digest
	Prev   []byte // the hash of link N-1; of the first: 32 zero bytes
	Hash   []byte // SHA-256(N ‖ Prev ‖ Digest), N as eight bytes, big-endian
}

// Next makes the link of the next entry.
func (l Link) Next(k Kept) Link {
	next := Link{N: l.N + 1, Entry: k.ID, Digest: k.Digest(), Prev: l.Hash}
	if l.N == 0 {
		next.Prev = make([]byte, sha256.Size)
	}
	next.Hash = next.sum()
	return next
}

func (l Link) sum() []byte {
	said := binary.BigEndian.AppendUint64(make([]byte, 0, 8+2*sha256.Size), uint64(l.N)) //nolint:gosec // never negative
	said = append(append(said, l.Prev...), l.Digest...)
	h := sha256.Sum256(said)
	return h[:]
}

// Kept is an entry as a store holds it.
type Kept struct {
	Entry

	Position int64  // places entries of one instant; of new ones the time of their writing in Unix microseconds
	Fault    string // what is not as a store writes it; empty: nothing
}

// entryLabel begins what a digest is made of, so that no other text of the product can be one.
const entryLabel = "cinema audit entry 1"

// Digest is the SHA-256 of everything that a store holds of an entry. Each part is written with its length before it, so that no two
// entries are written alike, and the same in every store.
func (k Kept) Digest() []byte {
	b := make([]byte, 0, 512)
	for _, part := range []string{entryLabel, k.ID, k.Type, string(k.Showtime), string(k.Booking), string(k.User), string(k.Request)} {
		b = appendPart(b, part)
	}
	b = binary.AppendUvarint(b, uint64(len(k.Seats)))
	for _, s := range k.Seats {
		b = appendPart(b, string(s))
	}
	if k.Payload == nil {
		b = append(b, 0)
	} else {
		b = appendPart(append(b, 1), string(k.Payload))
	}
	b = binary.AppendVarint(b, millis(k.At))
	b = binary.AppendVarint(b, k.Position)
	sum := sha256.Sum256(b)
	return sum[:]
}

func appendPart(b []byte, part string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(part))), part...)
}

// millis is an instant as stores keep it; no instant is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Waiting is an entry that waits for its link.
type Waiting struct {
	Position int64 // of the writing that queued it
	Entry    string
}

// Key orders what waits, oldest first.
func (w Waiting) Key() string { return fmt.Sprintf("%016x|%s", w.Position, w.Entry) }

// KeptCheckpoint is a checkpoint that stays. They are numbered without gaps, so that one that is missing is noticed.
type KeptCheckpoint struct {
	Seq       int64 // 1, 2, 3, …
	Statement string
}

// Mark is a named statement of which a store keeps the one with the highest rank.
type Mark struct {
	Name  string
	Rank  int64
	Value string
}

// ErrMoved says that somebody else lengthened the chain meanwhile.
var ErrMoved = fault.New(fault.Conflict, "chain_moved", "Another process has sealed entries meanwhile.")

// ChainReader reads the chain over the record. None of its answers is a snapshot.
type ChainReader interface {
	// Unsealed lists at most limit entries that wait for their link, in the order of their keys, after one; the zero value begins. An
	// entry of the list may be missing, because its writing is not over or was broken off.
	Unsealed(ctx context.Context, after Waiting, limit int) ([]Waiting, error)
	// CountUnsealed tells how many wait.
	CountUnsealed(ctx context.Context) (int, error)
	// Kept reads entries by their ids, in no order; an unknown one is left out.
	Kept(ctx context.Context, ids []string) ([]Kept, error)
	// LastLink is the end of the chain; the zero value when there is none.
	LastLink(ctx context.Context) (Link, error)
	// Links lists at most limit links whose number is greater than after, in their order.
	Links(ctx context.Context, after int64, limit int) ([]Link, error)
	// LinksOf finds the links of entries, in no order.
	LinksOf(ctx context.Context, entries []string) ([]Link, error)
	// Loose looks through at most limit entries in the order of their ids, after one; empty begins. It returns those that neither have
	// a link nor wait for one, and the id to go on after; empty: that was all.
	Loose(ctx context.Context, after string, limit int) (loose []Kept, next string, err error)
	// Checkpoints lists at most limit kept checkpoints whose number is greater than after, in their order.
	Checkpoints(ctx context.Context, after int64, limit int) ([]KeptCheckpoint, error)
	// LastCheckpoint is the newest kept one; the zero value when there is none.
	LastCheckpoint(ctx context.Context) (KeptCheckpoint, error)
	// Mark reads a named statement; the zero value when there is none.
	Mark(ctx context.Context, name string) (Mark, error)
}

// Chain keeps the chain over the record. Every Append queues what it writes: an entry that is there has a link or waits for one.
type Chain interface {
	ChainReader

	// SealEntries writes links, which follow the end of the chain, and takes entries off the queue. The fault ErrMoved means that somebody
	// else wrote one of the numbers; the first of the links may have been written, and nothing was taken off the queue.
	SealEntries(ctx context.Context, links []Link, done []Waiting) error
	// KeepCheckpoint writes a checkpoint unless its number is taken; kept is false when it is.
	KeepCheckpoint(ctx context.Context, c KeptCheckpoint) (kept bool, err error)
	// PutMark writes a named statement unless there is one with the same or a higher rank.
	PutMark(ctx context.Context, m Mark) error
}
