package redisconn

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
)

// oldest is the first version whose scripts have flags and whose Pub/Sub can be sharded.
const oldest = 7

// inspect looks at every server that is known: its version is a condition, its settings are advice.
func (c *Conn) inspect(ctx context.Context, o Options) error {
	ctx, cancel := context.WithTimeout(ctx, 2*dialTime)
	defer cancel()
	for addr, node := range c.Client.Nodes() {
		info, err := node.Do(ctx, node.B().Info().Section("server", "replication", "memory", "cluster").Build()).ToString()
		if err != nil {
			return fmt.Errorf("redis %s: %w", addr, err)
		}
		if v := field(info, "redis_version"); major(v) < oldest {
			return fmt.Errorf("%w: %s is version %s, at least %d.0 is needed", errUnfit, addr, v, oldest)
		}
		if on := field(info, "cluster_enabled") == "1"; on != c.cluster {
			return fmt.Errorf("%w: cluster mode of %s is %t, REDIS_MODE is %s", errUnfit, addr, on, o.Mode)
		}
		if field(info, "role") != "master" {
			continue
		}
		advise(o.Log, addr, info)
	}
	return nil
}

// advise warns of settings under which holds can vanish. A server that does not tell them is taken as it is.
func advise(log *slog.Logger, addr, info string) {
	if policy := field(info, "maxmemory_policy"); policy != "" && policy != "noeviction" {
		log.Warn("redis may drop holds when its memory is full: set maxmemory-policy noeviction", "addr", addr, "maxmemory_policy", policy)
	}
}

func field(info, name string) string {
	for line := range strings.SplitSeq(info, "\n") {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func major(version string) int {
	first, _, _ := strings.Cut(version, ".")
	n, _ := strconv.Atoi(first) // no number: older than any
	return n
}
