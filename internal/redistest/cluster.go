package redistest

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// slots is how many hash slots a cluster has.
const slots = 16384

// StartCluster runs a cluster of one node that serves every slot.
func StartCluster(t testing.TB) *Server {
	t.Helper()
	s := startNode(t)
	s.CLI("CLUSTER", "ADDSLOTSRANGE", "0", strconv.Itoa(slots-1))
	s.Await("cluster_state:ok", "CLUSTER", "INFO")
	return s
}

// StartClusterOf runs a cluster of so many masters with one replica each. Replicas come after the masters, in their order.
func StartClusterOf(t testing.TB, masters int) []*Server {
	t.Helper()
	nodes := make([]*Server, 2*masters)
	for i := range nodes {
		nodes[i] = startNode(t)
		nodes[i].CLI("CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
	}
	for i := range masters {
		nodes[i].CLI("CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(i*slots/masters), strconv.Itoa((i+1)*slots/masters-1))
	}
	for _, n := range nodes[1:] {
		nodes[0].CLI("CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(n.Port()), strconv.Itoa(n.bus))
	}
	for _, n := range nodes {
		n.Await(fmt.Sprintf("cluster_known_nodes:%d", len(nodes)), "CLUSTER", "INFO")
	}
	for i := range masters {
		replica := nodes[masters+i]
		replica.Await(nodes[i].ID(), "CLUSTER", "NODES")
		replica.CLI("CLUSTER", "REPLICATE", nodes[i].ID())
	}
	for _, n := range nodes {
		n.Await("cluster_state:ok", "CLUSTER", "INFO")
	}
	for i := range masters {
		nodes[masters+i].Await("master_link_status:up", "INFO", "replication")
		nodes[i].Await("connected_slaves:1", "INFO", "replication")
	}
	return nodes
}

func startNode(t testing.TB) *Server {
	t.Helper()
	return Start(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-announce-ip", "127.0.0.1", "--repl-diskless-sync-delay", "0")
}

// ID is the node's name in its cluster.
func (s *Server) ID() string {
	s.t.Helper()
	return s.CLI("CLUSTER", "MYID")
}

// CLI runs one command by redis-cli and gives its answer without the line's end. An error answer fails the test.
func (s *Server) CLI(args ...string) string {
	s.t.Helper()
	out, err := s.tryCLI(args...)
	require.NoError(s.t, err)
	require.False(s.t, strings.HasPrefix(out, "ERR") || strings.HasPrefix(out, "(error)"), "%v: %s", args, out)
	return out
}

func (s *Server) tryCLI(args ...string) (string, error) {
	all := append([]string{"-h", "127.0.0.1", "-p", strconv.Itoa(s.Port())}, args...)
	out, err := exec.Command("redis-cli", all...).CombinedOutput() //nolint:gosec,noctx // ends by itself
	return strings.TrimSpace(string(out)), err
}

// Await asks the server until its answer contains a text, for at most a minute.
func (s *Server) Await(text string, args ...string) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		out, err := s.tryCLI(args...)
		return err == nil && strings.Contains(out, text)
	}, time.Minute, 20*time.Millisecond, "%s", text)
}
