package httpapi_test

import (
	"context"
	"io"
	"sync"

	"cinema/internal/catalog"
	"cinema/internal/httpapi"
	"cinema/internal/ident"
)

// locked lets a log be written from several goroutines.
type locked struct {
	mu sync.Mutex // guards w
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func identUser(v any) ident.User {
	s, _ := v.(string)
	return ident.User(s)
}

// wire adds the engines that sell.
func (b *bench) wire(d *httpapi.Deps) { d.Seats = allFree{} }

type allFree struct{}

func (allFree) Availability(_ context.Context, d *catalog.Detail) (httpapi.Available, error) {
	return httpapi.Available{Capacity: d.Capacity(), Free: d.Capacity(), AccessibleFree: 1}, nil
}
