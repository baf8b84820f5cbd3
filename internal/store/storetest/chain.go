package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/audit"
	"cinema/internal/fault"
)

// append writes entries e<from>…e<to-1>, a minute apart.
func (b *bench) append(t *testing.T, from, to int) {
	t.Helper()
	var all []audit.Entry
	for i := from; i < to; i++ {
		all = append(all, entry(fmt.Sprintf("e%03d", i), "seat.locked", i))
	}
	require.NoError(t, b.Append(t.Context(), all))
}

// waiting lists what waits.
func (b *bench) waiting(t *testing.T) []audit.Waiting {
	t.Helper()
	list, err := b.Unsealed(t.Context(), audit.Waiting{}, 1000)
	require.NoError(t, err)
	return list
}

func namesOf(waiting []audit.Waiting) []string {
	var names []string
	for _, w := range waiting {
		names = append(names, w.Entry)
	}
	return names
}

// links makes links of entries behind an end.
func (b *bench) links(t *testing.T, end audit.Link, ids ...string) []audit.Link {
	t.Helper()
	kept, err := b.Kept(t.Context(), ids)
	require.NoError(t, err)
	slices.SortFunc(kept, func(a, b audit.Kept) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	require.Len(t, kept, len(ids))
	var out []audit.Link
	for _, k := range kept {
		end = end.Next(k)
		out = append(out, end)
	}
	return out
}

// looseIDs looks through the whole record, a few entries at a time.
func (b *bench) looseIDs(t *testing.T) []string {
	t.Helper()
	var ids []string
	for after := ""; ; {
		loose, next, err := b.Loose(t.Context(), after, 3)
		require.NoError(t, err)
		for _, k := range loose {
			ids = append(ids, k.ID)
		}
		if next == "" {
			return ids
		}
		require.Greater(t, next, after)
		after = next
	}
}

// newSealer makes a sealer of this store.
func (b *bench) newSealer(t *testing.T) *audit.Sealer {
	t.Helper()
	keys, err := audit.NewKeys()
	require.NoError(t, err)
	return audit.NewSealer(audit.SealerDeps{Chain: b.Backend, Keys: keys, Clock: b.clock})
}

// sealAll seals until nothing is left to do.
func sealAll(t *testing.T, s *audit.Sealer) {
	t.Helper()
	for {
		more, err := s.SealOnce(t.Context())
		if errors.Is(err, audit.ErrMoved) {
			continue
		}
		require.NoError(t, err)
		if !more {
			return
		}
	}
}

// wantChain walks through the chain and wants each of the entries in it once, and nothing else to be there.
func (b *bench) wantChain(t *testing.T, entries int) {
	t.Helper()
	end := audit.Link{}
	seen := map[string]bool{}
	for {
		links, err := b.Links(t.Context(), end.N, 7)
		require.NoError(t, err)
		if len(links) == 0 {
			break
		}
		for _, l := range links {
			require.False(t, seen[l.Entry], "%s has two links", l.Entry)
			seen[l.Entry] = true
			want := b.links(t, end, l.Entry)[0]
			require.Equal(t, want, l)
			end = l
		}
	}
	require.Equal(t, int64(entries), end.N)
	last, err := b.LastLink(t.Context())
	require.NoError(t, err)
	require.Equal(t, end.N, last.N)
	_, total, err := b.Entries(t.Context(), audit.Query{})
	require.NoError(t, err)
	require.Equal(t, entries, total)
	require.Empty(t, b.looseIDs(t))
}

var chainCases = map[string]func(t *testing.T, b *bench){
	"what_is_appended_waits_for_its_link": func(t *testing.T, b *bench) {
		require.Empty(t, b.waiting(t))
		b.append(t, 0, 5)
		b.clock.Advance(time.Second)
		require.NoError(t, b.Append(t.Context(), []audit.Entry{{ID: "bare", Type: "admin.ping"}}))
		waiting := b.waiting(t)
		require.Equal(t, []string{"e000", "e001", "e002", "e003", "e004", "bare"}, namesOf(waiting))
		n, err := b.CountUnsealed(t.Context())
		require.NoError(t, err)
		require.Equal(t, 6, n)
		rest, err := b.Unsealed(t.Context(), waiting[2], 2)
		require.NoError(t, err)
		require.Equal(t, waiting[3:5], rest)
		require.Empty(t, b.looseIDs(t))
	},
	"entries_come_back_as_they_are_kept": func(t *testing.T, b *bench) {
		full := entry("full", "seat.locked", 3)
		odd := audit.Entry{ID: "odd|id~1", Type: "x", Payload: []byte("{\"z\":1, \"a\":\"\\u0000 é\"}"), At: start.Add(1500*time.Microsecond + 7*time.Millisecond)}
		require.NoError(t, b.Append(t.Context(), []audit.Entry{full, odd, {ID: "bare", Type: "y", Payload: []byte{}}}))
		kept, err := b.Kept(t.Context(), []string{"full", "bare", "none", "odd|id~1"})
		require.NoError(t, err)
		require.Len(t, kept, 3)
		places := map[int64]bool{}
		for _, k := range kept {
			require.Empty(t, k.Fault)
			require.Len(t, k.Digest(), 32)
			places[k.Position] = true
			switch k.ID {
			case "full":
				require.Equal(t, full, k.Entry)
			case "odd|id~1":
				require.Equal(t, odd.Payload, k.Payload, "byte for byte")
				require.Equal(t, start.Add(8*time.Millisecond), k.At)
			default:
				require.Nil(t, k.Payload, "nothing is kept in one way")
				require.True(t, k.At.IsZero())
			}
		}
		require.Len(t, places, 3)
	},
	"links_are_written_once": func(t *testing.T, b *bench) {
		none, err := b.LastLink(t.Context())
		require.NoError(t, err)
		require.Equal(t, audit.Link{}, none)
		b.append(t, 0, 4)
		waiting := b.waiting(t)
		first := b.links(t, audit.Link{}, "e000", "e001", "e002")
		require.NoError(t, b.SealEntries(t.Context(), first, waiting[:3]))
		require.Equal(t, waiting[3:], b.waiting(t))
		last, err := b.LastLink(t.Context())
		require.NoError(t, err)
		require.Equal(t, first[2], last)
		err = b.SealEntries(t.Context(), b.links(t, first[1], "e003"), waiting[3:])
		require.ErrorIs(t, err, audit.ErrMoved)
		require.Equal(t, waiting[3:], b.waiting(t), "who comes second takes nothing off the queue")
		found, err := b.LinksOf(t.Context(), []string{"e001", "e003", "none"})
		require.NoError(t, err)
		require.Equal(t, first[1:2], found)
		links, err := b.Links(t.Context(), 1, 1)
		require.NoError(t, err)
		require.Equal(t, first[1:2], links)
		require.NoError(t, b.SealEntries(t.Context(), b.links(t, last, "e003"), waiting[3:]))
		b.wantChain(t, 4)
	},
	"an_entry_without_a_link_is_found": func(t *testing.T, b *bench) {
		b.append(t, 0, 8)
		waiting := b.waiting(t)
		require.NoError(t, b.SealEntries(t.Context(), b.links(t, audit.Link{}, "e000", "e001"), waiting[:2]))
		require.NoError(t, b.SealEntries(t.Context(), nil, []audit.Waiting{waiting[4], waiting[7]}), "taken off without a link")
		require.Equal(t, []string{"e004", "e007"}, b.looseIDs(t))
	},
	"a_repeated_delivery_gets_no_second_link": func(t *testing.T, b *bench) {
		s := b.newSealer(t)
		b.append(t, 0, 3)
		sealAll(t, s)
		b.append(t, 0, 5)
		sealAll(t, s)
		require.Empty(t, b.waiting(t))
		b.wantChain(t, 5)
	},
	"marks_are_replaced_by_a_higher_rank": func(t *testing.T, b *bench) {
		none, err := b.Mark(t.Context(), "head")
		require.NoError(t, err)
		require.Equal(t, audit.Mark{}, none)
		for _, c := range []struct {
			rank  int64
			value string
			want  string
		}{{5, "five", "five"}, {4, "four", "five"}, {5, "other", "five"}, {6, "six", "six"}, {1 << 53, "late", "late"}} {
			require.NoError(t, b.PutMark(t.Context(), audit.Mark{Name: "head", Rank: c.rank, Value: c.value}))
			m, err := b.Mark(t.Context(), "head")
			require.NoError(t, err)
			require.Equal(t, c.want, m.Value)
		}
		require.NoError(t, b.PutMark(t.Context(), audit.Mark{Name: "key|1", Value: "zero is a rank"}))
		m, err := b.Mark(t.Context(), "key|1")
		require.NoError(t, err)
		require.Equal(t, audit.Mark{Name: "key|1", Value: "zero is a rank"}, m)
		require.Equal(t, fault.Invalid, fault.KindOf(b.PutMark(t.Context(), audit.Mark{})))
	},
	"checkpoints_are_kept_once": func(t *testing.T, b *bench) {
		none, err := b.LastCheckpoint(t.Context())
		require.NoError(t, err)
		require.Equal(t, audit.KeptCheckpoint{}, none)
		for seq := int64(1); seq <= 12; seq++ {
			kept, err := b.KeepCheckpoint(t.Context(), audit.KeptCheckpoint{Seq: seq, Statement: fmt.Sprint("s", seq)})
			require.NoError(t, err)
			require.True(t, kept)
		}
		kept, err := b.KeepCheckpoint(t.Context(), audit.KeptCheckpoint{Seq: 10, Statement: "another"})
		require.NoError(t, err)
		require.False(t, kept)
		last, err := b.LastCheckpoint(t.Context())
		require.NoError(t, err)
		require.Equal(t, audit.KeptCheckpoint{Seq: 12, Statement: "s12"}, last)
		list, err := b.Checkpoints(t.Context(), 8, 3)
		require.NoError(t, err)
		require.Equal(t, []audit.KeptCheckpoint{{Seq: 9, Statement: "s9"}, {Seq: 10, Statement: "s10"}, {Seq: 11, Statement: "s11"}}, list)
		_, err = b.KeepCheckpoint(t.Context(), audit.KeptCheckpoint{})
		require.Equal(t, fault.Invalid, fault.KindOf(err))
	},
	"many_sealers_make_one_chain": func(t *testing.T, b *bench) {
		const writers, sealers, each = 4, 4, 60
		keys, err := audit.NewKeys()
		require.NoError(t, err)
		var writing, sealing sync.WaitGroup
		begin, written := make(chan struct{}), make(chan struct{})
		failed := make(chan error, writers+sealers)
		for w := range writers {
			writing.Go(func() {
				<-begin
				for i := 0; i < each; i += 5 {
					var some []audit.Entry
					for k := range 5 {
						some = append(some, entry(fmt.Sprintf("w%d-%03d", w, i+k), "seat.locked", i+k))
					}
					some = append(some, entry(fmt.Sprintf("both-%03d", i), "seat.locked", i)) // two writers deliver the same
					if err := b.Append(t.Context(), some); err != nil {
						failed <- err
						return
					}
				}
			})
		}
		for range sealers {
			sealing.Go(func() {
				s := audit.NewSealer(audit.SealerDeps{Chain: b.Backend, Keys: keys, Clock: b.clock})
				<-begin
				for last := false; ; {
					more, err := s.SealOnce(t.Context())
					switch {
					case errors.Is(err, audit.ErrMoved):
						continue
					case err != nil:
						failed <- err
						return
					case last && !more:
						return
					}
					select {
					case <-written:
						last = true
					default:
					}
				}
			})
		}
		close(begin)
		writing.Wait()
		close(written)
		sealing.Wait()
		close(failed)
		for err := range failed {
			require.NoError(t, err)
		}
		require.Empty(t, b.waiting(t))
		b.wantChain(t, writers*each+each/5)
		r, err := audit.Verify(t.Context(), audit.VerifyDeps{Chain: b.Backend, Trusted: keys.Trusted(), Clock: b.clock})
		require.NoError(t, err)
		require.Nil(t, r.First)
	},
}
