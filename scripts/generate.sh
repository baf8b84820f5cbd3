#!/usr/bin/env bash
# generate.sh [--check]: api/openapi.json, web/src/shared/api/schema.d.ts and docs/configuration.md
# from the code. With --check nothing is written: a file that differs is shown and fails.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[[ -x bin/cinema ]] || scripts/build.sh
scripts/ensure.sh npm
fresh=$(mktemp -d "$CACHE/generate.XXXXXX")
trap 'rm -rf "$fresh"' EXIT

bin/cinema openapi >"$fresh/openapi.json"
bin/cinema config-docs >"$fresh/configuration.md"
(cd web && node_modules/.bin/openapi-typescript "$fresh/openapi.json" -o "$fresh/schema.d.ts" >/dev/null)
(cd web && node_modules/.bin/prettier --config .prettierrc.json --write "$fresh/schema.d.ts" >/dev/null)

# place FRESH TARGET: writes, or with --check compares.
stale=0
place() {
  if [[ ${mode:-} == --check ]]; then
    if ! diff -u "$2" "$1"; then note "stale: $2"; stale=1; fi
  else
    mkdir -p "$(dirname "$2")"
    cmp -s "$1" "$2" || { cp "$1" "$2"; note "wrote $2"; }
  fi
}
mode=${1:-}
place "$fresh/openapi.json" api/openapi.json
place "$fresh/schema.d.ts" web/src/shared/api/schema.d.ts
place "$fresh/configuration.md" docs/configuration.md
# The sample environment is written by hand; it must name every variable of the configuration.
while read -r name; do
  grep -qE "^#? ?$name=" .env.example || { note ".env.example lacks $name"; stale=1; }
done < <(sed -nE 's/^\| .?([A-Z][A-Z0-9_]+).*/\1/p' "$fresh/configuration.md")
if ((stale)); then die "generated files differ from the code: run 'make generate' and commit"; fi
