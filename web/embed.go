// Package web carries the built single page application inside the binary, so that the product
// is one file and needs no folder of assets beside it.
package web

import "embed"

// Dist is the output of the front end's build below the folder "dist". In a clone that has not
// been built it holds only a placeholder, which lets Go code compile without Node; the server
// then says that the pages are not built instead of serving an empty one.
//
//go:embed all:dist
var Dist embed.FS
