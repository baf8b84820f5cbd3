#!/usr/bin/env bash
# doctor.sh: every missing prerequisite at once, each with the line that installs it.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

case "$(uname -s)" in
  Darwin) system=brew ;;
  *) system=apt ;;
esac
missing=0

# hint APT BREW: the line for this system.
hint() { if [[ $system == brew ]]; then echo "brew install $2"; else echo "sudo apt-get install -y $1"; fi; }

good() { printf '  ok       %-11s %s\n' "$1" "$2"; }
bad()  { printf '  MISSING  %-11s %s\n           install:    %s\n' "$1" "$2" "$3"; missing=$((missing + 1)); }
weak() { printf '  later    %-11s %s\n           install:    %s\n' "$1" "$2" "$3"; }

# need NAME HAVE WANT LINE: a tool with a version; HAVE is empty when it is absent.
need() {
  if [[ -z $2 ]]; then bad "$1" "not found, $3 or newer is needed" "$4"
  elif ! version_at_least "$2" "$3"; then bad "$1" "$2 found, $3 or newer is needed" "$4"
  else good "$1" "$2"; fi
}

# version_of COMMAND...: the first dotted number it prints, or nothing.
version_of() { if have "$1"; then "$@" 2>/dev/null | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1 || true; fi; }

go_line='download from https://go.dev/dl and unpack into /usr/local'
node_line='curl -fsSL https://deb.nodesource.com/setup_22.x | sudo bash - && sudo apt-get install -y nodejs'
if [[ $system == brew ]]; then go_line='brew install go' node_line='brew install node'; fi

echo 'To build and run:'
need go "$(version_of go env GOVERSION)" "$(awk '$1 == "go" { print $2 }' go.mod)" "$go_line"
need node "$(version_of node --version)" 20.19 "$node_line"
need npm "$(version_of npm --version)" 10 'npm install --global npm@11'
need git "$(version_of git --version)" 2.20 "$(hint git git)"
need make "$(version_of make --version)" 3.81 "$(hint make make)"

echo "To test ('make test' installs these itself where it may):"
browser=$(chromium_path || true)
if [[ -n $browser ]]; then good chromium "$browser"; else weak chromium 'for the browser tests' "$(hint chromium '--cask chromium')"; fi
compiler=$(command -v "${CC:-gcc}" || command -v clang || true)
if [[ -n $compiler ]]; then good compiler "$compiler"; else weak compiler 'for the race detector' "$(hint 'gcc libc6-dev' gcc)"; fi
if have redis-server; then good redis "$(version_of redis-server --version)"; else weak redis 'for the tests of the Redis engine' "$(hint redis-server redis)"; fi
if have shellcheck; then good shellcheck "$(version_of shellcheck --version)"; else weak shellcheck 'for the scripts' "$(hint shellcheck shellcheck)"; fi

echo 'To run:'
port=${PORT:-8080}
if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
  weak "port $port" 'something listens there already' "PORT=8090 make run"
else
  good "port $port" 'free'
fi
data=${DATA_DIR:-data}
if [[ -w $data || (! -e $data && -w $(dirname "$data")) ]]; then good data "$data"
else bad data "$data is not writable" 'DATA_DIR=/a/folder/of/yours make run'; fi

if ((missing > 0)); then die "$missing missing"; fi
echo 'Ready: make run'
