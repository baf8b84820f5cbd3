package storemongo_test

import (
	"sync"

	"cinema/internal/store"
	"cinema/internal/store/storemongo"
)

// syncMap keeps the options of open stores.
type syncMap struct{ m sync.Map }

func (s *syncMap) put(b store.Backend, o storemongo.Options) { s.m.Store(b, o) }

func (s *syncMap) get(b store.Backend) storemongo.Options {
	o, _ := s.m.Load(b)
	options, _ := o.(storemongo.Options)
	return options
}
