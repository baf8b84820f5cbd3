# shellcheck shell=bash
# Sourced by the scripts beside it: where things are, how to speak, how to stop.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE="$ROOT/.tools"
# The installed Go is the one that is used; a download in the middle of a build surprises.
export ROOT CACHE GOTOOLCHAIN="${GOTOOLCHAIN:-local}"
mkdir -p "$CACHE"
cd "$ROOT"

# Colours only for a terminal; a log file gets plain lines.
bold='' red='' plain=''
if [[ -t 2 ]]; then bold=$'\033[1m' red=$'\033[31m' plain=$'\033[0m'; fi

say()  { printf '%s%s%s\n' "$bold" "$*" "$plain" >&2; }
note() { printf '  %s\n' "$*" >&2; }
die()  { printf '%s%s%s\n' "$red" "$*" "$plain" >&2; exit 1; }

have() { command -v "$1" >/dev/null 2>&1; }

# version_at_least HAVE WANT: dotted numbers, as many parts as WANT has.
version_at_least() {
  local -a has want
  IFS=. read -r -a has <<<"$1"
  IFS=. read -r -a want <<<"$2"
  local i
  for i in "${!want[@]}"; do
    local a=${has[i]:-0} b=${want[i]}
    a=${a%%[!0-9]*}
    if ((${a:-0} > b)); then return 0; fi
    if ((${a:-0} < b)); then return 1; fi
  done
  return 0
}

# fingerprint PATH...: one hash over the names and contents of all files below the paths.
# A hash survives a checkout that touches every time stamp, and notices a deleted file.
fingerprint() {
  local list
  list=$(find "$@" -type f 2>/dev/null | LC_ALL=C sort)
  { printf '%s\n' "$list"; git hash-object --stdin-paths <<<"$list"; } | git hash-object --stdin
}

# alone NAME: waits until no other process of this tree does the same; the end of the process frees it.
alone() {
  have flock || return 0
  exec 9>"$CACHE/$1.lock"
  flock 9
}

# chromium_path prints the browser that the end-to-end tests drive.
chromium_path() {
  local name
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [[ -n $name ]] && have "$name"; then command -v "$name"; return 0; fi
  done
  local mac='/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
  if [[ -x $mac ]]; then printf '%s\n' "$mac"; return 0; fi
  return 1
}
