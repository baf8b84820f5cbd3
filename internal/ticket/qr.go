package ticket

import (
	"fmt"
	"strconv"

	"rsc.io/qr"
)

// quiet is the white margin that scanners need, in modules.
const quiet = 4

// matrix is the modules of a code, black or not.
func matrix(code string) (*qr.Code, error) {
	c, err := qr.Encode(code, qr.M)
	if err != nil {
		return nil, fmt.Errorf("draw code: %w", err)
	}
	return c, nil
}

// runs calls visit for each horizontal run of black modules.
func runs(c *qr.Code, visit func(x, y, length int)) {
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			if !c.Black(x, y) {
				continue
			}
			from := x
			for x < c.Size && c.Black(x, y) {
				x++
			}
			visit(from, y, x-from)
		}
	}
}

// QR draws a code as an SVG image: black on white whatever the page's theme, one path, sharp edges at any size.
func QR(code string) ([]byte, error) {
	c, err := matrix(code)
	if err != nil {
		return nil, err
	}
	side := strconv.Itoa(c.Size + 2*quiet)
	b := []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ` + side + ` ` + side + `" shape-rendering="crispEdges" role="img" aria-label="Ticket code">` +
		`<rect width="` + side + `" height="` + side + `" fill="#fff"/><path fill="#000" d="`)
	runs(c, func(x, y, length int) {
		b = append(b, 'M')
		b = strconv.AppendInt(b, int64(x+quiet), 10)
		b = append(b, ' ')
		b = strconv.AppendInt(b, int64(y+quiet), 10)
		b = append(b, 'h')
		b = strconv.AppendInt(b, int64(length), 10)
		b = append(b, "v1h-"...)
		b = strconv.AppendInt(b, int64(length), 10)
		b = append(b, 'z')
	})
	return append(b, `"/></svg>`...), nil
}
