//go:build !race

package booking_test

// stride is how many calls lie between two crashes of the matrix: every call.
const stride = 1
