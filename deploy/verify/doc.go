// Package verify holds the files of deployment against what they promise, without a container engine: the composition is read and
// resolved by the library that Docker itself uses.
package verify
