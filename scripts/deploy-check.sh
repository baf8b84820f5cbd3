#!/usr/bin/env bash
# deploy-check.sh: reads and resolves compose.yaml as Docker would and holds it against what it promises. Quick, no engine needed.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd deploy/verify
# A module of its own: what reads compose files is no part of the product.
unformatted=$(gofmt -l .)
[[ -z $unformatted ]] || die "gofmt: $unformatted"
go vet ./...
# Not from the cache: the files it reads lie outside of its module.
exec go test -count=1 ./...
