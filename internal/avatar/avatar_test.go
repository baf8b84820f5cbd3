package avatar_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"cinema/internal/avatar"
	"cinema/internal/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// painted is a picture of one colour with a stripe of another on its left edge.
func painted(w, h int, c color.Color) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, c)
		}
		m.Set(0, y, color.NRGBA{B: 255, A: 255})
	}
	return m
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, m))
	return b.Bytes()
}

// bundle is a service in front of a provider that answers with what the test says.
type bundle struct {
	*avatar.Service

	clock *clock.Fake
	asked atomic.Int64
	url   string
	log   *bytes.Buffer
}

func setup(t *testing.T, provider http.HandlerFunc) *bundle {
	t.Helper()
	b := &bundle{clock: clock.NewFake(start), log: &bytes.Buffer{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.asked.Add(1)
		provider(w, r)
	}))
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	b.url = server.URL
	b.Service = avatar.New(avatar.Deps{Clock: b.clock, Log: slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Fetch: func(ctx context.Context, address string) ([]byte, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return nil, err
		}
		res, err := client.Do(r)
		if err != nil {
			return nil, errors.New("no answer")
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode != http.StatusOK {
			return nil, errors.New(res.Status)
		}
		return io.ReadAll(res.Body)
	}})
	t.Cleanup(server.Close)
	t.Cleanup(b.Close)
	return b
}

func (b *bundle) ada() avatar.Person {
	return avatar.Person{ID: "us_ada", Name: "Ada Lovelace", Picture: b.url + "/ada?token=secret"}
}

func serve(body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }
}

func TestService_Of(t *testing.T) {
	t.Parallel()

	t.Run("the provider's picture, made anew and kept", func(t *testing.T) {
		t.Parallel()
		b := setup(t, serve(pngOf(t, painted(400, 200, color.NRGBA{R: 200, A: 255}))))
		first := b.Of(t.Context(), b.ada())
		require.Equal(t, "image/jpeg", first.Media)
		m, err := jpeg.Decode(bytes.NewReader(first.Body))
		require.NoError(t, err)
		require.Equal(t, image.Rect(0, 0, 96, 96), m.Bounds())
		r, _, blue, _ := m.At(0, 48).RGBA()
		require.Greater(t, r, blue, "the middle is shown, not the edge")
		require.Same(t, first, b.Of(t.Context(), b.ada()))
		require.EqualValues(t, 1, b.asked.Load())
		b.clock.Advance(time.Hour)
		require.Equal(t, first.ETag, b.Of(t.Context(), b.ada()).ETag)
		require.EqualValues(t, 2, b.asked.Load(), "not for ever")
	})
	t.Run("see-through pictures stay so", func(t *testing.T) {
		t.Parallel()
		b := setup(t, serve(pngOf(t, painted(50, 50, color.NRGBA{R: 200, A: 100}))))
		got := b.Of(t.Context(), b.ada())
		require.Equal(t, "image/png", got.Media)
		m, err := png.Decode(bytes.NewReader(got.Body))
		require.NoError(t, err)
		require.Equal(t, 50, m.Bounds().Dx(), "a small one is not blown up")
	})
	t.Run("what cannot be had is drawn, and not tried again for a while", func(t *testing.T) {
		t.Parallel()
		for name, provider := range map[string]http.HandlerFunc{
			"no such picture": http.NotFound, "no picture": serve([]byte("<svg onload='alert(1)'/>")), "nothing": serve(nil),
			"hangs up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			"a bomb":   serve(bomb(60_000, 60_000)), "too wide": serve(pngOf(t, painted(1025, 2, color.White))),
			"too high": serve(pngOf(t, painted(2, 1025, color.White))), "cut off": serve(pngOf(t, painted(100, 100, color.White))[:200]),
		} {
			b := setup(t, provider)
			for range 3 {
				require.Equal(t, avatar.Drawn(b.ada()), b.Of(t.Context(), b.ada()), name)
			}
			require.EqualValues(t, 1, b.asked.Load(), name)
			require.NotContains(t, b.log.String(), "secret")
			b.clock.Advance(10 * time.Minute)
			b.Of(t.Context(), b.ada())
			require.EqualValues(t, 2, b.asked.Load(), name)
		}
	})
	t.Run("a crowd asks once, and nobody waits for a slow provider", func(t *testing.T) {
		t.Parallel()
		asked, free := make(chan struct{}), make(chan struct{})
		body := pngOf(t, painted(100, 100, color.White))
		b := setup(t, func(w http.ResponseWriter, _ *http.Request) {
			close(asked)
			<-free
			_, _ = w.Write(body)
		})
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if got := b.Of(t.Context(), b.ada()); got.Media != "image/svg+xml" {
					t.Error("a picture before it was there")
				}
			})
		}
		<-asked
		over := make(chan struct{})
		go func() { wg.Wait(); close(over) }()
		for waiting := true; waiting; {
			select {
			case <-over:
				waiting = false
			default:
				b.clock.Advance(400 * time.Millisecond)
			}
		}
		require.EqualValues(t, 1, b.asked.Load())
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		require.Equal(t, "image/svg+xml", b.Of(gone, b.ada()).Media)
		close(free)
		require.Eventually(t, func() bool {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			return b.Of(ctx, b.ada()).Media == "image/jpeg"
		}, 20*time.Second, time.Millisecond)
		require.EqualValues(t, 1, b.asked.Load())
	})
	t.Run("few are fetched at once", func(t *testing.T) {
		t.Parallel()
		free := make(chan struct{})
		b := setup(t, func(http.ResponseWriter, *http.Request) { <-free })
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for i := range 100 {
			p := b.ada()
			p.Picture += fmt.Sprint(i)
			b.Of(gone, p)
		}
		require.Eventually(t, func() bool { return b.asked.Load() == 8 }, 20*time.Second, time.Millisecond)
		close(free)
		b.Close()
		require.EqualValues(t, 8, b.asked.Load())
		require.Equal(t, avatar.Drawn(b.ada()), b.Of(t.Context(), b.ada()), "after the end pictures are drawn")
	})
	t.Run("without an address nothing is asked", func(t *testing.T) {
		t.Parallel()
		b := setup(t, http.NotFound)
		require.Equal(t, "image/svg+xml", b.Of(t.Context(), avatar.Person{ID: "us_a", Name: "A"}).Media)
		require.Zero(t, b.asked.Load())
	})
}

// The memory is bounded: thousands of people, and large pictures.
func TestService_forgets(t *testing.T) {
	t.Parallel()
	s := avatar.New(avatar.Deps{Clock: clock.NewFake(start), Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(s.Close)
	most := 0
	for i := range 20_000 {
		avatar.Keep(s, fmt.Sprint(i), []int{0, 30_000, 3_000}[i/1000%3])
		n, size := avatar.Kept(s)
		require.LessOrEqual(t, n, 4096)
		require.LessOrEqual(t, size, 16<<20)
		most = max(most, size)
	}
	require.Greater(t, most, 15<<20)
	for range 10 {
		avatar.Keep(s, "again", 1000)
	}
	n, size := avatar.Kept(s)
	avatar.Keep(s, "again", 0)
	less, smaller := avatar.Kept(s)
	require.Equal(t, n, less)
	require.Equal(t, size-1000, smaller)
	for range 2 {
		s.Forget("again")
	}
	fewer, _ := avatar.Kept(s)
	require.Equal(t, n-1, fewer, "on demand")
}

// bomb is a PNG whose header promises more than its few bytes.
func bomb(w, h uint32) []byte {
	chunk := func(kind string, data []byte) []byte {
		out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		out = append(append(out, kind...), data...)
		return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	return append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, 8, 6, 0, 0, 0))...)
}

// A file that unfolds to a huge picture is refused by its head, before anything is unfolded.
func TestConvert_refuses_a_bomb(t *testing.T) {
	t.Parallel()
	for _, raw := range [][]byte{bomb(60_000, 60_000), bomb(1025, 1), bomb(1, 1025), pngOf(t, painted(1025, 2, color.White))} {
		_, err := avatar.Convert(t.Context(), raw)
		require.ErrorIs(t, err, avatar.ErrSize)
	}
}

func TestConvert_stops_when_its_time_is_over(t *testing.T) {
	t.Parallel()
	raw := pngOf(t, painted(200, 200, color.White))
	_, err := avatar.Convert(t.Context(), raw)
	require.NoError(t, err)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = avatar.Convert(over, raw)
	require.ErrorIs(t, err, context.Canceled)
}

// Whatever a file is, what comes of it is a small picture or an error.
func FuzzConvert(f *testing.F) {
	m := painted(20, 10, color.NRGBA{R: 200, A: 90})
	f.Add(pngOf(f, m))
	f.Add(bomb(60_000, 60_000))
	var b bytes.Buffer
	require.NoError(f, jpeg.Encode(&b, m, nil))
	f.Add(bytes.Clone(b.Bytes()))
	b.Reset()
	require.NoError(f, gif.Encode(&b, m, nil))
	f.Add(bytes.Clone(b.Bytes()))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := avatar.Convert(t.Context(), raw)
		if err != nil {
			return
		}
		cfg, kind, err := image.DecodeConfig(bytes.NewReader(got.Body))
		if err != nil || cfg.Width > 96 || cfg.Height > 96 || got.Media != "image/"+kind {
			t.Fatalf("%v %+v %s", err, cfg, got.Media)
		}
	})
}

func TestDrawn(t *testing.T) {
	t.Parallel()
	for name, letters := range map[string]string{
		"Ada Lovelace": "AL", "ada": "A", "Ada Augusta King Lovelace": "AL", "": "", "   ": "", "!!! ???": "", "<script>alert(1)</script> &amp;": "SA", "\"'>< x": "X",
		"åsa öberg": "ÅÖ", "山田 太郎": "山太", "7of9 x": "7X", "\u202eevil \u0000name": "EN", "(Bob) Smith": "BS", "ß x": "ßX", "\xff\xfe": "",
	} {
		got := avatar.Drawn(avatar.Person{ID: "us_1", Name: name})
		require.Equal(t, "image/svg+xml", got.Media)
		var doc struct {
			Text string `xml:"text"`
		}
		require.NoError(t, xml.Unmarshal(got.Body, &doc), name)
		require.Equal(t, letters, doc.Text, "%q", name)
		for _, never := range []string{"script", "style", "href", "on", "&"} {
			require.NotContains(t, strings.ReplaceAll(strings.ReplaceAll(string(got.Body), "font", ""), "http://www.w3.org", ""), never+"=", name)
		}
	}
	one := avatar.Drawn(avatar.Person{ID: "us_1", Name: "Ada"})
	require.Equal(t, one, avatar.Drawn(avatar.Person{ID: "us_1", Name: "Anna"}), "the same letters, the same picture")
	require.NotEqual(t, one.Body, avatar.Drawn(avatar.Person{ID: "us_2", Name: "Ada"}).Body, "another person, another ground")
}
