package store_test

import (
	"strings"
	"testing"
	"time"

	"cinema/internal/store"
)

// FuzzKeys: the key of a pair comes apart as it was put together, and keys of times sort as the times do.
func FuzzKeys(f *testing.F) {
	f.Add("cancel", "bk_1|rf_1", int64(1_800_000_000_000), int64(1))
	f.Add("", "|", int64(0), int64(0))
	f.Add("key", "", int64(-1), int64(999_999_999_999_999))
	f.Fuzz(func(t *testing.T, first, second string, a, b int64) {
		if !strings.Contains(first, "|") { // a kind or a showtime: the grammar keeps the bar out
			if x, y := store.SplitKey(store.PairKey(first, second)); x != first || y != second {
				t.Fatalf("%q and %q come back as %q and %q", first, second, x, y)
			}
		}
		const most = 999_999_999_999_999 // fifteen digits: the year 33658
		if a < 0 || b < 0 || a > most || b > most {
			return
		}
		early, late := store.TimeKey(time.UnixMilli(min(a, b)), second), store.TimeKey(time.UnixMilli(max(a, b)), second)
		if early > late || a == b && early != late {
			t.Fatalf("%q does not sort before %q", early, late)
		}
	})
}
