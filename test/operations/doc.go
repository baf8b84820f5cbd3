// Package operations holds what an operator is given — alerts, the dashboard, the front door's headers, traces — against the running binary.
package operations
