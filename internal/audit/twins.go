package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Finder is what a store may offer beside the port: entries by their ids. With it the record notices an event whose id was used for
// another one before, as a server that took over and missed the last writes may do.
type Finder interface {
	EntriesByID(ctx context.Context, ids []string) ([]Entry, error)
}

// keepTwins stores entries whose id belongs to a row with other content, under an id that names their content.
func (w *Worker) keepTwins(ctx context.Context, entries []Entry) error {
	finder, ok := w.store.(Finder)
	if !ok {
		return nil
	}
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.ID
	}
	rows, err := finder.EntriesByID(ctx, ids)
	if err != nil {
		return fmt.Errorf("compare seat events: %w", err)
	}
	kept := make(map[string]string, len(rows))
	for _, r := range rows {
		kept[r.ID] = digest(r)
	}
	var twins []Entry
	for _, e := range entries {
		if d := digest(e); kept[e.ID] != d {
			e.ID += "~" + d
			twins = append(twins, e)
		}
	}
	if len(twins) == 0 {
		return nil
	}
	w.stats.twins.Add(uint64(len(twins)))
	w.log.Error("seat events came with ids that were used before", "events", len(twins), "first", twins[0].ID)
	return w.store.Append(ctx, twins)
}

// digest is what an entry says, in 64 bits of hexadecimal: enough to tell two events with one id apart.
func digest(e Entry) string {
	var payload any
	_ = json.Unmarshal(e.Payload, &payload) // a store may order an object's members anew; nil stays nil
	said, err := json.Marshal([]any{e.Type, e.Showtime, e.Booking, e.User, e.Seats, e.Request, payload, e.At.UnixMilli()})
	if err != nil {
		return "" // strings and numbers always encode
	}
	sum := sha256.Sum256(said)
	return hex.EncodeToString(sum[:8])
}
