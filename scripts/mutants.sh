#!/usr/bin/env bash
# mutants.sh [NAME...]: switches the rules of docs/security.md off, one at a time, in a copy of the last commit, and fails when the test that
# names a rule does not notice. Each rule is a file of scripts/mutants; a part of its name picks it.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

alone mutants
[[ -f web/dist/index.html ]] || scripts/build.sh
mkdir -p "$CACHE/mutants"
exec node scripts/mutants.mjs "$ROOT" "$CACHE/mutants" "$@"
