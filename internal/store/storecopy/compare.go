package storecopy

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"cinema/internal/store"
)

// sum adds up the digests of rows. Addition does not care for the order, which is each store's own.
type sum struct {
	rows  int
	total [sha256.Size]byte
}

func (s *sum) add(digest [sha256.Size]byte) {
	s.rows++
	carry := 0
	for i := len(digest) - 1; i >= 0; i-- {
		carry += int(s.total[i]) + int(digest[i])
		s.total[i] = byte(carry)
		carry >>= 8
	}
}

// compare reads both stores through and wants the same rows in both.
func (m *mover) compare(ctx context.Context) (Result, error) {
	result := Result{Rows: make(map[store.Table]int)}
	all := sha256.New()
	var differ []string
	for _, t := range store.Tables() {
		source, err := m.sum(ctx, m.from, t)
		if err != nil {
			return Result{}, fmt.Errorf("read %s of the source: %w", t, err)
		}
		target, err := m.sum(ctx, m.to, t)
		if err != nil {
			return Result{}, fmt.Errorf("read %s of the target: %w", t, err)
		}
		if source != target {
			differ = append(differ, fmt.Sprintf("%s (%d rows against %d)", t, source.rows, target.rows))
		}
		result.Rows[t] = target.rows
		fmt.Fprintf(all, "%s %d %x\n", t, target.rows, target.total)
	}
	if len(differ) > 0 {
		return Result{}, fmt.Errorf("%w: %s; was somebody writing to one of them?", ErrDiffers, strings.Join(differ, ", "))
	}
	result.Checksum = hex.EncodeToString(all.Sum(nil))
	return result, nil
}

func (m *mover) sum(ctx context.Context, b Backend, t store.Table) (s sum, err error) {
	total, err := b.Count(ctx, t)
	if err != nil {
		return s, err
	}
	for after := ""; ; {
		rows, err := b.Export(ctx, t, after, page)
		if err != nil {
			return s, err
		}
		for _, row := range rows {
			digest, err := digest(row.Value)
			if err != nil {
				return s, err
			}
			s.add(digest)
		}
		m.progress(Progress{Phase: Comparing, Table: t, Done: s.rows, Total: total})
		if len(rows) < page {
			return s, nil
		}
		after = rows[len(rows)-1].Key
	}
}

// digest is the SHA-256 of a row's JSON without what is empty: whether a list that has nothing in it is kept as none or as empty is a
// store's own affair.
func digest(row any) ([sha256.Size]byte, error) {
	raw, err := json.Marshal(row)
	if err != nil {
		return [sha256.Size]byte{}, err
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return [sha256.Size]byte{}, err
	}
	if raw, err = json.Marshal(prune(v)); err != nil {
		return [sha256.Size]byte{}, err
	}
	return sha256.Sum256(raw), nil
}

// prune takes empty members out of objects. Elements of lists stay, because their places count.
func prune(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if member = prune(member); empty(member) {
				delete(v, name)
			} else {
				v[name] = member
			}
		}
	case []any:
		for i := range v {
			v[i] = prune(v[i])
		}
	}
	return v
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	default:
		return false
	}
}
