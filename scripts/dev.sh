#!/usr/bin/env bash
# dev.sh: both halves with hot reload. Vite serves the pages on :5173 and passes API calls to the
# Go server, which is rebuilt and restarted when a Go or SQL file changes. Ctrl-C ends both.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/ensure.sh npm
export APP_ENV=${APP_ENV:-development} ADDR=${ADDR:-127.0.0.1} PORT=${PORT:-8080} DEMO_DATA=${DEMO_DATA:-on}
export FRONTEND_URL=${FRONTEND_URL:-http://localhost:5173} CINEMA_BACKEND="http://127.0.0.1:$PORT"

binary="$CACHE/cinema-dev"
stamp="$CACHE/dev.stamp"
server=""
pages=""

stop_server() {
  if [[ -n $server ]] && kill -0 "$server" 2>/dev/null; then
    kill -TERM "$server"
    wait "$server" || true
  fi
  server=""
}

finish() {
  trap - EXIT INT TERM
  stop_server
  if [[ -n $pages ]]; then kill -TERM "$pages" 2>/dev/null || true; fi
  exit 0
}
trap finish EXIT INT TERM

# A folder's own time stamp changes when a file in it is added or deleted.
changed() {
  [[ -n $(find cmd internal web/embed.go go.mod \( -type d -o -name '*.go' -o -name '*.sql' -o -name go.mod \) \
    -newer "$stamp" -print 2>/dev/null | head -n 1) ]]
}

# A build that fails leaves the running server alone.
rebuild() {
  touch "$stamp"
  say "building the server"
  if CGO_ENABLED=0 go build -tags nomsgpack -ldflags '-X main.version=dev' -o "$binary" ./cmd/cinema; then
    stop_server
    "$binary" serve &
    server=$!
  fi
}

rebuild
(cd web && exec node_modules/.bin/vite --port 5173 --strictPort --clearScreen false) &
pages=$!
say "pages: http://localhost:5173   api: http://$ADDR:$PORT"
while kill -0 "$pages" 2>/dev/null; do
  sleep 1
  if changed; then rebuild; fi
done
