#!/usr/bin/env bash
# build.sh: the web pages, then bin/cinema, one static file that holds them.
# Each half is built only when its sources changed. VERSION overrides the version of git.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

alone build
scripts/ensure.sh npm

web_inputs=(web/src web/index.html web/package-lock.json web/vite.config.ts scripts/precompress.mjs)
if [[ -d web/public ]]; then web_inputs+=(web/public); fi
stamp="$CACHE/web.stamp"
web_hash=$(fingerprint "${web_inputs[@]}")
if [[ $(cat "$stamp" 2>/dev/null) != "$web_hash" || ! -f web/dist/index.html ]]; then
  say "building the web pages"
  rm -f "$stamp"
  (cd web && npm run --silent build -- --logLevel warn)
  # The build empties the folder; the marker lets a clone compile before its first web build.
  touch web/dist/.gitkeep
  node scripts/precompress.mjs web/dist
  printf '%s' "$web_hash" >"$stamp"
fi

version=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo dev)}
say "building bin/cinema ($version)"
CGO_ENABLED=0 go build -trimpath -tags nomsgpack -ldflags "-s -w -X main.version=$version" -o bin/cinema ./cmd/cinema
