package ticket

import "strings"

// base45 is the alphabet of RFC 9285: exactly the characters of a QR code's alphanumeric mode.
const base45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

// encode45 writes two bytes as three characters and a last single byte as two.
func encode45(b []byte) string {
	var out strings.Builder
	out.Grow((len(b)+1)/2*3 + 1)
	for ; len(b) >= 2; b = b[2:] {
		n := int(b[0])<<8 | int(b[1])
		out.WriteByte(base45[n%45])
		out.WriteByte(base45[n/45%45])
		out.WriteByte(base45[n/(45*45)])
	}
	if len(b) == 1 {
		out.WriteByte(base45[int(b[0])%45])
		out.WriteByte(base45[int(b[0])/45])
	}
	return out.String()
}

// decode45 reads what encode45 writes and refuses everything else: each byte string has one spelling.
func decode45(s string) ([]byte, error) {
	if len(s)%3 == 1 {
		return nil, ErrCode
	}
	out := make([]byte, 0, len(s)/3*2+1)
	for ; len(s) > 0; s = s[min(3, len(s)):] {
		n, weight := 0, 1
		for i := 0; i < 3 && i < len(s); i++ {
			digit := strings.IndexByte(base45, s[i])
			if digit < 0 {
				return nil, ErrCode
			}
			n += digit * weight
			weight *= 45
		}
		if len(s) >= 3 {
			if n > 0xFFFF {
				return nil, ErrCode
			}
			out = append(out, byte(n>>8), byte(n))
			continue
		}
		if n > 0xFF {
			return nil, ErrCode
		}
		out = append(out, byte(n))
	}
	return out, nil
}
