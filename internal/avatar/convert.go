package avatar

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/gif" // the formats that providers use
	"image/jpeg"
	"image/png"
	"io"
)

const (
	// side is the longest edge of a picture that is sent, in pixels.
	side = 96
	// maxSide is the longest edge of one that is decoded: a small file can unfold to a picture that fills the memory.
	maxSide = 1024
	// piece is how much the decoder gets at a time, so that it is stopped soon after its time is over.
	piece   = 512
	quality = 85
)

var errSize = errors.New("the picture is too large to be decoded")

// convert decodes a picture whatever its name says, and makes a small square one of its middle. Nothing else of the file is kept.
func convert(ctx context.Context, raw []byte) (*Image, error) {
	cfg, _, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("picture: %w", err)
	}
	if cfg.Width < 1 || cfg.Height < 1 || cfg.Width > maxSide || cfg.Height > maxSide {
		return nil, errSize
	}
	from, _, err := image.Decode(&timed{ctx: ctx, from: bytes.NewReader(raw)})
	if over := ctx.Err(); over != nil {
		return nil, over
	}
	if err != nil {
		return nil, fmt.Errorf("picture: %w", err)
	}
	if b := from.Bounds(); b.Dx() < 1 || b.Dy() < 1 || b.Dx() > maxSide || b.Dy() > maxSide {
		return nil, errSize
	}
	small := shrink(square(from))
	var out bytes.Buffer
	if small.Opaque() {
		err = jpeg.Encode(&out, small, &jpeg.Options{Quality: quality})
		return newImage("image/jpeg", out.Bytes()), err
	}
	err = png.Encode(&out, small)
	return newImage("image/png", out.Bytes()), err
}

// timed gives a decoder its bytes for as long as its time lasts: a file can be made that takes hours.
type timed struct {
	ctx  context.Context //nolint:containedctx // lives for one decoding
	from io.Reader
}

// Read reads a piece.
func (t *timed) Read(p []byte) (int, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	return t.from.Read(p[:min(len(p), piece)])
}

// square is the middle of a picture.
func square(from image.Image) *image.RGBA {
	b := from.Bounds()
	n := min(b.Dx(), b.Dy())
	at := image.Pt(b.Min.X+(b.Dx()-n)/2, b.Min.Y+(b.Dy()-n)/2)
	out := image.NewRGBA(image.Rect(0, 0, n, n))
	draw.Draw(out, out.Bounds(), from, at, draw.Src)
	return out
}

// shrink averages a square down to the side; a smaller one stays as it is.
func shrink(from *image.RGBA) *image.RGBA {
	n := from.Bounds().Dx()
	if n <= side {
		return from
	}
	out := image.NewRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			out.SetRGBA(x, y, mean(from, image.Rect(x*n/side, y*n/side, (x+1)*n/side, (y+1)*n/side)))
		}
	}
	return out
}

// mean is the average colour of a rectangle.
func mean(from *image.RGBA, r image.Rectangle) color.RGBA {
	var sum [4]int
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := from.Pix[from.PixOffset(r.Min.X, y):from.PixOffset(r.Max.X, y)]
		for i := 0; i+3 < len(row); i += 4 {
			for c := range sum {
				sum[c] += int(row[i+c])
			}
		}
	}
	count := r.Dx() * r.Dy()
	return color.RGBA{R: uint8(sum[0] / count), G: uint8(sum[1] / count), B: uint8(sum[2] / count), A: uint8(sum[3] / count)} //nolint:gosec // averages of bytes
}
