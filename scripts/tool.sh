#!/usr/bin/env bash
# tool.sh NAME [ARGUMENT...]: runs a pinned developer tool of tools/NAME.mod.
# It is built once into .tools and again when its pin or the Go version changes.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

name=$1
shift
modfile="tools/$name.mod"
[[ -f $modfile ]] || die "no $modfile: the pinned tools are $(cd tools && echo ./*.mod)"

package=$(awk '$1 == "tool" { print $2 }' "$modfile")
binary="$CACHE/$name"
alone "$name"
pin="$(go env GOVERSION) $(git hash-object "$modfile")"
if [[ ! -x $binary || $(cat "$binary.pin" 2>/dev/null) != "$pin" ]]; then
  say "building $name, once (golangci-lint: 1 to 5 minutes)"
  CGO_ENABLED=0 go build -modfile="$modfile" -o "$binary" "$package"
  printf '%s' "$pin" >"$binary.pin"
fi
if [[ ${1:-} == --build-only ]]; then exit 0; fi
exec "$binary" "$@" 9>&-
