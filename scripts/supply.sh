#!/usr/bin/env bash
# supply.sh [PART...]: what the product is made of, and whether that may be given away. Parts, all of them without an argument:
#   modules          go.sum is what the modules on this machine are
#   secrets          no key in any commit, nor in what is not committed yet
#   licences         only permissive ones are shipped (build first)
#   vulnerabilities  known ones of Go modules and npm packages, where their databases can be reached
# Two further parts are not in that list:
#   repro            builds the last commit twice, in two folders and with two caches, and compares
#   release          binaries for all systems, sums, bills of materials and notices in bin/release/VERSION
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

targets=(linux/amd64 linux/arm64 darwin/amd64 darwin/arm64)
scratch=''
trap 'if [[ -n $scratch ]]; then chmod -R u+w "$scratch" 2>/dev/null; rm -rf "$scratch"; fi' EXIT

hash_of() { if have sha256sum; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }

part_modules() {
  go mod verify >/dev/null
  note 'modules: every one is what go.sum says'
}

part_secrets() {
  local log="$CACHE/secrets.log"
  scripts/tool.sh gitleaks --build-only
  scripts/tool.sh gitleaks git --no-banner --no-color --redact --verbose . >"$log" 2>&1 ||
    { cat "$log" >&2; die 'secrets: a commit holds what looks like a key (above). If it opens nothing, say so in .gitleaks.toml'; }
  local staged
  for staged in '' --staged; do
    # shellcheck disable=SC2086 # an empty word is no argument
    scripts/tool.sh gitleaks git --pre-commit $staged --no-banner --no-color --redact --verbose . >"$log" 2>&1 ||
      { cat "$log" >&2; die 'secrets: what is not committed holds what looks like a key (above)'; }
  done
  note "secrets: none in $(git rev-list --count HEAD) commits"
}

# supply ARGUMENT...: the command that reads builds.
supply() {
  go run ./cmd/supply "$@" -modcache "$(go env GOMODCACHE)" -goroot "$(go env GOROOT)"
}

part_licences() {
  [[ -x bin/cinema && -f web/dist/.vite/packages.json ]] || scripts/build.sh
  note "licences: $(supply licences -binary bin/cinema -web web)"
}

part_vulnerabilities() {
  local log="$CACHE/vulnerabilities.log" code=0
  [[ -x bin/cinema ]] || scripts/build.sh
  scripts/tool.sh govulncheck --build-only
  scripts/tool.sh govulncheck ${GOVULNDB:+-db "$GOVULNDB"} -mode binary bin/cinema >"$log" 2>&1 || code=$?
  if ((code == 0)); then note 'vulnerabilities of Go modules: none that is known reaches the binary'
  elif grep -q 'fetching vulnerabilities' "$log"; then say "NOT CHECKED: vulnerabilities of Go modules; the database (${GOVULNDB:-https://vuln.go.dev}) cannot be reached from here"
  else cat "$log" >&2; die 'vulnerabilities of Go modules (above)'; fi

  scripts/ensure.sh npm
  code=0
  npm --prefix web audit --omit=dev --audit-level=high >"$log" 2>&1 || code=$?
  if grep -qE 'audit endpoint returned an error|ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT' "$log"; then say 'NOT CHECKED: vulnerabilities of npm packages; the registry here has no audit service'
  elif ((code == 0)); then note 'vulnerabilities of npm packages: none that is known and grave'
  else cat "$log" >&2; die 'vulnerabilities of npm packages (above)'; fi
}

# tree FOLDER: the commit in a folder of its own, with its pages built.
tree() {
  git clone --quiet --no-hardlinks --no-checkout "$ROOT" "$1"
  git -C "$1" checkout --quiet --detach "$commit"
  (cd "$1/web" && npm ci --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel=error >&2 && npm run --silent build -- --logLevel warn >&2)
  touch "$1/web/dist/.gitkeep"
  node scripts/precompress.mjs "$1/web/dist" >&2
}

# compile FOLDER TARGET FILE: everything that could differ between two machines is left out or fixed.
compile() {
  (cd "$1" && env -u GOFLAGS GOOS="${2%/*}" GOARCH="${2#*/}" CGO_ENABLED=0 \
    go build -trimpath -buildvcs=false -tags nomsgpack -ldflags "-s -w -buildid= -X main.version=$version" -o "$3" ./cmd/cinema)
}

# begin: the commit, its version, and a place for trees.
begin() {
  commit=$(git rev-parse HEAD)
  version=${VERSION:-$(git describe --tags --always)}
  if [[ -n $(git status --porcelain --untracked-files=no) ]]; then note 'what is not committed is left out'; fi
  scratch=$(mktemp -d "$CACHE/supply.XXXXXX")
}

# same FILE: a second build, elsewhere, later, in another time zone and from an empty cache, must be the file.
same() {
  local target=${targets[0]} second="$scratch/a folder with a longer name/second"
  say "building again, from nothing, in another folder"
  mkdir -p "$(dirname "$second")"
  TZ=Pacific/Chatham tree "$second"
  TZ=Pacific/Chatham GOCACHE="$scratch/gocache" compile "$second" "$target" "$scratch/second.bin"
  if ! cmp "$1" "$scratch/second.bin" >&2; then
    diff -rq "$scratch/first/web/dist" "$second/web/dist" >&2 || true
    die "two builds of $version differ: $(hash_of "$1" "$scratch/second.bin")"
  fi
  note "two builds of $version for $target are the same: $(hash_of "$1" | cut -d' ' -f1)"
}

part_repro() {
  begin
  say "building $version"
  tree "$scratch/first"
  compile "$scratch/first" "${targets[0]}" "$scratch/first.bin"
  same "$scratch/first.bin"
}

part_release() {
  begin
  local out="$ROOT/bin/release/$version" target name
  tree "$scratch/first"
  rm -rf "$out"
  mkdir -p "$out"
  for target in "${targets[@]}"; do
    name="cinema-$version-${target/\//-}"
    say "building $name"
    compile "$scratch/first" "$target" "$out/$name"
    supply bill -binary "$out/$name" -web "$scratch/first/web" -version "$version" -target "$target" >"$out/$name.cdx.json"
  done
  supply notices -binary "$out/cinema-$version-${targets[0]/\//-}" -web "$scratch/first/web" -version "$version" >"$out/NOTICES.txt"
  cp LICENSE "$out/LICENSE"
  same "$out/cinema-$version-${targets[0]/\//-}"
  (cd "$out" && hash_of ./* | sed 's|\./||') >"$scratch/sums"
  mv "$scratch/sums" "$out/SHA256SUMS"
  say "written: bin/release/$version"
  (cd "$out" && ls -l >&2)
}

parts=("$@")
if ((${#parts[@]} == 0)); then parts=(modules secrets licences vulnerabilities); fi
say "supply: ${parts[*]}"
for part in "${parts[@]}"; do
  [[ $(type -t "part_$part") == function ]] || die "no part '$part'; the comment at the top lists them"
  "part_$part"
done
