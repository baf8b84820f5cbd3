package egress

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
)

// Control is the last look at a connection.
var Control = control

// NewAt makes a client whose permitted connections all lead to one local server that the roots vouch for.
func NewAt(o Options, server string, roots *x509.CertPool) *http.Client {
	g := guardOf(New(o))
	g.next.TLSClientConfig.RootCAs = roots
	g.connect = func(ctx context.Context, network, address string) (net.Conn, error) {
		if err := control(network, address, nil); err != nil {
			return nil, err
		}
		return (&net.Dialer{}).DialContext(ctx, network, server)
	}
	return &http.Client{Transport: g, Timeout: g.options.Timeout, CheckRedirect: redirect}
}

func guardOf(c *http.Client) *guard {
	g, _ := c.Transport.(*guard)
	return g
}
