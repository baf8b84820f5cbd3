#!/usr/bin/env bash
# test.sh [STAGE...]: the whole proof, one stage after another, each with its seconds.
# Stages: build check go web rush e2e; none named means all. One build serves every later stage.
# A failed stage does not hide the result of the next; only a failed build stops the run.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

all=(build check go web rush e2e)
stages=("$@")
if ((${#stages[@]} == 0)); then stages=("${all[@]}"); fi

reports="$CACHE/reports"
rm -rf "$reports"
mkdir -p "$reports"
tags=nomsgpack
# Where many goroutines meet over the same seats; the rest runs without the detector's cost.
raced=(./internal/hold/... ./internal/live/... ./internal/store/... ./internal/booking/... ./internal/httpapi/...)

# go_test NAME ARGUMENT...: readable output now, JSON for the tally.
go_test() {
  local name=$1
  shift
  scripts/tool.sh gotestsum --format pkgname-and-test-fails --hide-summary skipped \
    --jsonfile "$reports/$name.gotest.json" -- -tags "$tags" "$@"
}

stage_build() { scripts/build.sh; }

stage_check() {
  local status=0
  scripts/lint.sh || status=1
  scripts/generate.sh --check || status=1
  scripts/deploy-check.sh || status=1
  scripts/supply.sh || status=1
  return $status
}

stage_go() {
  scripts/ensure.sh cgo || return 1
  if [[ -d internal/redistest ]]; then scripts/ensure.sh redis || return 1; fi
  local status=0 racy plain
  racy=$(go list -tags "$tags" "${raced[@]}")
  plain=$(go list -tags "$tags" ./cmd/... ./internal/... ./web | grep -vxF "$racy")
  # The lists are words on purpose: an import path holds no space.
  # shellcheck disable=SC2086
  go_test go-plain -timeout 15m $plain || status=1
  # shellcheck disable=SC2086
  CGO_ENABLED=1 go_test go-race -race -timeout 25m $racy || status=1
  return $status
}

stage_web() {
  scripts/ensure.sh npm || return 1
  local status=0
  npm --prefix web run --silent typecheck || status=1
  npm --prefix web run --silent test -- --reporter=default --reporter=json \
    --outputFile.json="$reports/web.vitest.json" || status=1
  npm --prefix web run --silent budget || status=1
  return $status
}

# The built binary from outside: the contract, the same story on every engine, and the small rush with its kills.
stage_rush() {
  scripts/ensure.sh cgo redis || return 1
  # One package at a time, so that a server is not starved by another package's crowd.
  go_test rush -p 1 -count=1 -timeout 20m ./test/...
}

stage_e2e() {
  [[ -f web/playwright.config.ts ]] || { note 'web/playwright.config.ts is missing'; return 1; }
  scripts/ensure.sh npm chromium || return 1
  CHROMIUM=$(chromium_path)
  export CHROMIUM PLAYWRIGHT_JSON_OUTPUT_NAME="$reports/e2e.playwright.json"
  npm --prefix web run --silent e2e -- --reporter=list,json
}

rows=()
for stage in "${stages[@]}"; do
  [[ $(type -t "stage_$stage") == function ]] || die "no stage '$stage': ${all[*]}"
  say "--- $stage"
  began=$SECONDS
  result=ok
  # A function in a condition runs without 'set -e', therefore in a shell of its own.
  set +e
  (set -e; "stage_$stage")
  code=$?
  set -e
  if ((code != 0)); then result=failed; fi
  rows+=("$stage $result $((SECONDS - began))")
  say "--- $stage: $result after $((SECONDS - began)) s"
  if [[ $stage == build && $result == failed ]]; then break; fi
done

exec node scripts/tally.mjs "$reports" "${rows[@]}"
