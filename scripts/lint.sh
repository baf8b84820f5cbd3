#!/usr/bin/env bash
# lint.sh [--fix]: formatting and lint of Go, web and scripts. --fix rewrites what can be rewritten.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

fix=${1:-}
failed=()
attempt() {
  local name=$1
  shift
  say "$name"
  "$@" || failed+=("$name")
}

scripts/ensure.sh npm shellcheck
if [[ $fix == --fix ]]; then
  attempt 'go format' scripts/tool.sh golangci-lint fmt
  attempt 'web format' npm --prefix web run --silent format
  attempt 'go lint' scripts/tool.sh golangci-lint run --fix
else
  attempt 'go format' scripts/tool.sh golangci-lint fmt --diff
  attempt 'web format' npm --prefix web run --silent format:check
  attempt 'go lint' scripts/tool.sh golangci-lint run
fi
attempt 'web lint' npm --prefix web run --silent lint
attempt 'shell lint' shellcheck -x scripts/*.sh .ci/run

if ((${#failed[@]})); then die "failed: ${failed[*]}"; fi
