package redistest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// SentinelMaster is the name under which StartSentinel's sentinel watches its master.
const SentinelMaster = "cinema"

// StartSentinel runs a master, its replica and one sentinel that alone decides about a failover.
func StartSentinel(t testing.TB) (sentinel, master, replica *Server) {
	t.Helper()
	master = Start(t)
	replica = Start(t, "--replicaof", "127.0.0.1", fmt.Sprint(master.Port()), "--repl-diskless-sync-delay", "0")
	replica.Await("master_link_status:up", "INFO", "replication")
	file := filepath.Join(t.TempDir(), "sentinel.conf")
	text := fmt.Sprintf("sentinel monitor %[1]s 127.0.0.1 %[2]d 1\nsentinel down-after-milliseconds %[1]s 1000\nsentinel failover-timeout %[1]s 5000\n",
		SentinelMaster, master.Port())
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	sentinel = startConfigured(t, file, "--sentinel")
	sentinel.Await("slaves=1", "INFO", "sentinel")
	return sentinel, master, replica
}
