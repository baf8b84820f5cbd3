package storemongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/event"
)

// monitor tells the observer about every command once it is answered or lost.
func monitor(observe func(command string, took time.Duration, failed bool)) *event.CommandMonitor {
	if observe == nil {
		return nil
	}
	return &event.CommandMonitor{
		Succeeded: func(_ context.Context, e *event.CommandSucceededEvent) { observe(e.CommandName, e.Duration, false) },
		Failed:    func(_ context.Context, e *event.CommandFailedEvent) { observe(e.CommandName, e.Duration, true) },
	}
}
