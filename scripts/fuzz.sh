#!/usr/bin/env bash
# fuzz.sh [NAME...]: runs every fuzz target of the tree, or those named, each for FUZZTIME (30s), one after another.
# A finding is kept under testdata/fuzz of its package, where `make test` runs it from then on, and is told with the
# line that repeats it. Without fuzzing, `go test` runs the targets on their seeds and on what was kept.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

time=${FUZZTIME:-30s}
wanted=("$@")
failed=()
count=0

# run PACKAGE TARGET
run() {
  local package=$1 target=$2 log="$CACHE/fuzz.log"
  count=$((count + 1))
  # -run ^$ leaves out the package's tests; two workers, because the machine has other things to do.
  if go test -tags nomsgpack -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 5s -parallel 2 -timeout 10m "$package" >"$log" 2>&1 </dev/null; then
    note "$(printf '%-20s %s: %s' "$target" "$package" "$(grep -oE 'execs: [0-9]+' "$log" | tail -n 1)")"
    return
  fi
  failed+=("$target in $package")
  cat "$log" >&2
  local input
  input=$(sed -nE 's/^ *Failing input written to (.*)$/\1/p' "$log" | tail -n 1)
  if [[ -n $input ]]; then
    say "kept: $package/$input"
    say "repeat it: go test -tags nomsgpack -run '$target/$(basename "$input")' $package"
  fi
}

say "fuzzing, $time each"
while IFS=: read -r file rest; do
  target=$(sed -E 's/^func (Fuzz[A-Za-z0-9_]*).*/\1/' <<<"$rest")
  if ((${#wanted[@]})) && [[ ! " ${wanted[*]} " == *" $target "* ]]; then continue; fi
  run "./$(dirname "$file")" "$target"
done < <(git ls-files --cached --others --exclude-standard -- '*_test.go' | LC_ALL=C sort | xargs grep -E '^func Fuzz[A-Za-z0-9_]*\(f \*testing\.F\)' /dev/null)

if ((count == 0)); then die 'there is no such fuzz target'; fi
if ((${#failed[@]})); then die "found something: ${failed[*]}"; fi
say "$count targets, nothing found"
