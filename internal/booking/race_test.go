//go:build race

package booking_test

// stride thins the crash matrix out under the race detector, where it is ten times dearer and finds nothing more.
const stride = 4
