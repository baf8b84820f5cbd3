package holdredis_test

import (
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/require"

	"cinema/internal/clock"
	"cinema/internal/hold/holdredis"
	"cinema/internal/hold/holdtest"
	"cinema/internal/ident"
	"cinema/internal/redistest"
)

func connect(t *testing.T, s *redistest.Server) rueidis.Client {
	t.Helper()
	c, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{s.Addr}, DisableRetry: true, DisableCache: true, ForceSingleClient: true, PipelineMultiplex: -1, RingScaleEachConn: 8,
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func TestEngine_single(t *testing.T) {
	t.Parallel()
	holdtest.Run(t, func(t *testing.T) holdtest.Harness {
		t.Helper()
		s := redistest.Start(t)
		s.Freeze()
		c := connect(t, s)
		e := holdredis.New(holdredis.Options{Client: c, Clock: clock.System{}, Timeout: 20 * time.Second})
		do := func(cmd rueidis.Completed) { require.NoError(t, c.Do(t.Context(), cmd).Error()) }
		return holdtest.Harness{
			Engine: e, Now: s.Now, Advance: s.Advance,
			Lose:     func() { do(c.B().Flushall().Build()) },
			LoseMeta: func(showtime ident.Showtime) { do(c.B().Del().Key("seatmeta:" + string(showtime)).Build()) },
		}
	})
}
