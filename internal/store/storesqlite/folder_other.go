//go:build !linux

package storesqlite

// networkKind can not tell on this system.
func networkKind(string) string { return "" }
