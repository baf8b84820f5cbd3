#!/usr/bin/env bash
# ensure.sh WHAT...: installs what is missing, and does nothing when all is there.
# WHAT is one of: npm chromium cgo shellcheck redis images. All but npm need root and apt;
# elsewhere it says which line installs the missing thing and fails.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

apt_fresh=no

# apt_install PACKAGE...: apt-get update runs at most once in this process.
apt_install() {
  local line="apt-get update && apt-get install -y --no-install-recommends $*"
  have apt-get || die "missing: $*. Install it with the package manager of your system (Debian: $line)"
  [[ $(id -u) == 0 ]] || die "missing: $*. Install it with: sudo sh -c '$line'"
  say "installing $*"
  local log="$CACHE/apt.log"
  # RUNLEVEL=1 keeps a package from starting its service.
  export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
  if [[ $apt_fresh == no ]]; then
    apt-get update >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "apt-get update failed (above)"; }
    apt_fresh=yes
  fi
  apt-get install -y --no-install-recommends "$@" >>"$log" 2>&1 ||
    { tail -n 20 "$log" >&2; die "apt-get install $* failed (above)"; }
}

# ensure_npm installs the locked modules when the lock file or the Node version differs from last time.
ensure_npm() {
  have npm || die "missing: npm 10 or newer; see 'make doctor'"
  local stamp="web/node_modules/.installed" want
  want="$(node --version) $(git hash-object web/package-lock.json)"
  if [[ $(cat "$stamp" 2>/dev/null) == "$want" ]]; then return; fi
  # Modules that 'npm install' put there already are not thrown away; 'npm ci' empties the folder.
  if node scripts/modules-match.mjs web; then printf '%s' "$want" >"$stamp"; return; fi
  say "installing the web modules (npm ci)"
  (cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  printf '%s' "$want" >"$stamp"
}

ensure_chromium() {
  chromium_path >/dev/null || apt_install chromium
}

# The race detector needs a C compiler; the product itself does not.
ensure_cgo() {
  have "${CC:-gcc}" || have clang || apt_install gcc libc6-dev
}

ensure_shellcheck() {
  have shellcheck || apt_install shellcheck
}

# The tests start servers of their own; the service that the package brings along is not needed.
ensure_redis() {
  have redis-server && return
  apt_install redis-server
}

# What builds container images without an engine.
ensure_images() {
  if have buildah && have debootstrap && have curl; then return; fi
  apt_install buildah debootstrap curl ca-certificates
}

for what in "$@"; do
  case $what in
    npm | chromium | cgo | shellcheck | redis | images) "ensure_$what" ;;
    *) die "ensure.sh does not know '$what'" ;;
  esac
done
