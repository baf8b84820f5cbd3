#!/usr/bin/env bash
# bench.sh [ARGUMENT...]: the figures of the product on this machine, printed as Go benchmarks print them.
# Arguments go to go test: -benchtime 5s, -bench Confirm.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

packages=$(go list -tags nomsgpack -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./internal/... | grep -v '/arch$')
say "$(go env GOVERSION), $(getconf _NPROCESSORS_ONLN) processors"
# One package after another, so that they do not share the processors they measure.
# shellcheck disable=SC2086
go test -tags nomsgpack -p 1 -run '^$' -bench . -benchmem -timeout 30m "$@" $packages
# The built binary over the wire: each figure is one run of fixed length, because seats can be sold only once.
exec go test -tags nomsgpack -run '^$' -bench . -benchtime 1x -timeout 30m ./test/bench
