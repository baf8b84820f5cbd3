#!/usr/bin/env bash
# images.sh: builds both container images and starts the backend's, without a container engine and without a registry.
# buildah makes them (root and Linux only); in place of the official base images it uses one small Debian of its own that
# borrows this machine's Go and Node, so what is proven is the Dockerfiles and what they make, not the base images.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[[ $(uname -s) == Linux && $(id -u) == 0 ]] || die "images.sh needs root on Linux; elsewhere: docker compose build"
alone images
scripts/ensure.sh npm images

work="$CACHE/images"
mkdir -p "$work"
run=$(mktemp -d "$work/run.XXXXXX")
# Layers that share their files where the kernel lets us, whole copies elsewhere.
driver=overlay
buildah --root "$work/$driver" --runroot "$run/store" --storage-driver "$driver" images >/dev/null 2>&1 || driver=vfs
store=(--root "$work/$driver" --runroot "$run/store" --storage-driver "$driver")
containers=() jobs=()
finish() {
  local it
  for it in "${jobs[@]}"; do stop "$it"; done
  for it in "${containers[@]}"; do buildah "${store[@]}" rm "$it" >/dev/null 2>&1 || true; done
  rm -rf "$run"
}
trap finish EXIT

# stop JOB: asks the processes of a job to end, the innermost first, and waits for the job.
stop() {
  local child
  while read -r child; do stop "$child"; done < <(ps -o pid= --ppid "$1" 2>/dev/null || true)
  kill -TERM "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

# Layers of earlier builds save time until they take too much room.
if (($(du -sm "$work" | cut -f1) > 6000)); then
  say 'dropping the layers of earlier builds'
  buildah "${store[@]}" rmi --prune --force >/dev/null 2>&1 || true
fi

# innermost JOB: the process at the end of a chain of processes.
innermost() {
  local child
  child=$(ps -o pid= --ppid "$1" 2>/dev/null | head -n 1 | tr -d ' ' || true)
  if [[ -n $child ]]; then innermost "$child"; else echo "$1"; fi
}

# One rootfs stands for every base image. It is made once.
base=localhost/cinema-stand-in
if ! buildah "${store[@]}" inspect --type image "$base" >/dev/null 2>&1; then
  say "making the stand-in base image (once, about a minute)"
  rootfs="$run/rootfs"
  debootstrap --variant=minbase --include=ca-certificates,nginx-light bookworm "$rootfs" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" \
    >"$work/debootstrap.log" 2>&1 || { tail -n 20 "$work/debootstrap.log" >&2; die "debootstrap failed (above)"; }
  # This machine may trust a certificate authority of its own; the builds go through the same network.
  if [[ -f /etc/ssl/certs/ca-certificates.crt ]]; then cp /etc/ssl/certs/ca-certificates.crt "$rootfs/etc/ssl/certs/"; fi
  rm -rf "$rootfs"/var/cache/apt/archives/*.deb "$rootfs"/var/lib/apt/lists/*
  # Go and Node are lent by this machine while an image is built; here are the places where they appear.
  mkdir -p "$rootfs"/usr/local/go "$rootfs"/usr/local/lib/node_modules "$rootfs"/cache/{mod,build,npm}
  touch "$rootfs/usr/local/bin/node"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$rootfs/usr/local/bin/npm"
  container=$(buildah "${store[@]}" from scratch)
  containers+=("$container")
  buildah "${store[@]}" add -q "$container" "$rootfs" / >/dev/null
  buildah "${store[@]}" config --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt --env PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  buildah "${store[@]}" commit -q --format docker --rm "$container" "$base" >/dev/null
  rm -rf "$rootfs"
fi

# The machine's tools and caches, so that a build takes what is there.
node_root=$(cd "$(dirname "$(readlink -f "$(command -v npm)")")/../.." && pwd)
volumes=(
  --volume "$(go env GOROOT):/usr/local/go:ro"
  --volume "$(go env GOMODCACHE):/cache/mod" --volume "$(go env GOCACHE):/cache/build"
  --volume "$(readlink -f "$(command -v node)"):/usr/local/bin/node:ro" --volume "$node_root:/usr/local/lib/node_modules:ro"
  --volume "$(npm config get cache):/cache/npm"
)
build() { # NAME DOCKERFILE ARGUMENT...
  local name=$1 file=$2 began=$SECONDS
  shift 2
  say "building $name"
  buildah "${store[@]}" bud --isolation chroot --format docker --quiet --layers "${volumes[@]}" \
    --build-arg "GO_IMAGE=$base" --build-arg "NODE_IMAGE=$base" --build-arg "NGINX_IMAGE=$base" \
    --build-arg GOMODCACHE=/cache/mod --build-arg GOCACHE=/cache/build --build-arg "GOPROXY=$(go env GOPROXY)" \
    --build-arg npm_config_cache=/cache/npm "$@" --file "$file" --tag "localhost/$name" . >/dev/null 9>&-
  note "$name: $((SECONDS - began)) s"
}
build cinema-backend deploy/backend.Dockerfile --build-arg "VERSION=$(git describe --tags --always --dirty 2>/dev/null || echo dev)"
build cinema-frontend deploy/frontend.Dockerfile


# run_image IMAGE COMMAND...: a container of the image in the background, as the image's own user; output into $run/IMAGE.log.
run_image() {
  local image=$1
  shift
  container=$(buildah "${store[@]}" from "localhost/$image")
  containers+=("$container")
  buildah "${store[@]}" run --isolation chroot "${run_options[@]}" "$container" -- "$@" >"$run/$image.log" 2>&1 9>&- &
  job=$!
  jobs+=("$job")
}

# until_true WHAT LOG COMMAND...: tries for a minute.
until_true() {
  local what=$1 log=$2 i
  shift 2
  for ((i = 0; i < 300; i++)); do
    if "$@"; then return; fi
    kill -0 "$job" 2>/dev/null || { cat "$log" >&2; die "$what: it ended at its start (above)"; }
    sleep 0.2
  done
  cat "$log" >&2
  die "$what: not within a minute (log above)"
}

say 'starting the backend image'
run_options=(--env APP_ENV=development --env ADDR=127.0.0.1 --env PORT=0 --env ADMIN_ADDR=off --env DEMO_DATA=on)
run_image cinema-backend /cinema serve
backend_log="$run/cinema-backend.log" backend=$job
address() { grep -o '"msg":"listening","addr":"[^"]*"' "$backend_log" | grep -o '127[^"]*'; }
until_true 'backend' "$backend_log" address >/dev/null
api=$(address)

# page ADDRESS [OPTION...]: asks; the answer is in $run/page, its headers in $run/headers. Whole files, so that no pipe breaks.
page() {
  local address=$1
  shift
  curl --silent --show-error --fail --max-time 20 --dump-header "$run/headers" --output "$run/page" "$@" "$address"
}

# shows WHAT PATTERN ADDRESS [OPTION...]: the answer has it.
shows() {
  local what=$1 pattern=$2
  shift 2
  page "$@" || die "$what: no answer from $1"
  grep -qE -- "$pattern" "$run/page" || { head -c 2000 "$run/page" >&2; die "$what: not in the answer of $1 (above)"; }
}

# first PATTERN: the first match in the latest answer.
first() { grep -oE -m 1 -- "$1" "$run/page" | sed -n 1p; }

app='<div id="app"'
shows 'backend: all is well' '"mongo_ok":true,"redis_ok":true' "http://$api/health"
shows 'backend: the pages' "$app" "http://$api/"
shows 'backend: the programme' '"local_start"' "http://$api/api/showtimes"
buildah "${store[@]}" run --isolation chroot "$container" -- /cinema healthcheck --address "$api" >"$run/healthcheck" || die 'backend: healthcheck'
mounted=$(buildah "${store[@]}" mount "$container")
[[ $(ps -o uid= -p "$(innermost "$backend")" | tr -d ' ') == 65532 ]] || die 'backend: it does not run as the user without rights'
written=$(find "$mounted" -xdev -type f -newer "$mounted/cinema" ! -path "$mounted/data/*" ! -path "$mounted/tmp/*" ! -path "$mounted/etc/*" ! -path "$mounted/run/*")
[[ -z $written ]] || die "backend: written outside of /data and /tmp: $written"
note "$(du -h "$mounted/cinema" | cut -f1) of binary, $(du -sh --exclude=data "$mounted" | cut -f1) of image, ready at $api"

say 'starting the frontend image before it'
# What the composition gives by name and number, here on loopback and a free port.
port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')
container=$(buildah "${store[@]}" from localhost/cinema-frontend)
containers+=("$container")
# An engine gives a container's output to its user, who may then open it by its name; buildah does not.
sed -i "s/backend:8080/$api/; s/listen 5173/listen 127.0.0.1:$port/; s#/dev/stdout#/tmp/access.log#" \
  "$(buildah "${store[@]}" mount "$container")/etc/cinema/nginx.conf"
buildah "${store[@]}" run --isolation chroot --env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$container" -- \
  nginx -c /etc/cinema/nginx.conf -g 'daemon off;' >"$run/cinema-frontend.log" 2>&1 9>&- &
job=$!
jobs+=("$job")
front="http://127.0.0.1:$port"
until_true 'frontend' "$run/cinema-frontend.log" curl --silent --fail --output /dev/null "$front/"
shows 'frontend: the backend is handed on' '"ok":true' "$front/health"
shows "frontend: the application's own addresses" "$app" "$front/films/any"
script=$(first '/assets/[^"]+\.js')
page "$front$script" --compressed
grep -qi '^content-encoding: gzip' "$run/headers" || die 'frontend: scripts are not packed'
for address in /metrics /debug/pprof/ /assets/absent.js; do
  [[ $(curl --silent --output /dev/null --write-out '%{http_code}' "$front$address") == 404 ]] || die "frontend: $address is not refused"
done
shows 'frontend: the programme' '"local_start"' "$front/api/showtimes"
showtime=$(first '"id":"st_[^"]+"' | cut -d'"' -f4)
# The stream stays open: curl gives up after two seconds, and what has come until then is what is asked.
curl --silent --max-time 2 --include --http1.1 --output "$run/page" -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
  -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' "$front/ws/showtimes/$showtime/seats" || true
grep -qa '^HTTP/1.1 101 ' "$run/page" || die 'frontend: the seat stream is not handed on'
grep -qa '"type":"hello"' "$run/page" || die 'frontend: the seat stream says nothing'
# The pages carry the same headers whoever serves them.
headers() { # ADDRESS FILE
  page "$1/"
  grep -iE '^(content-security-policy|x-|referrer|cross-origin|permissions|reporting|cache-control)' "$run/headers" | grep -vi '^x-request-id' |
    tr -d '\r' | tr '[:upper:]' '[:lower:]' | sort >"$2"
}
headers "http://$api" "$run/told"
headers "$front" "$run/kept"
diff "$run/told" "$run/kept" >&2 || die 'frontend: its headers differ from those of the binary (above)'

stop "$job"
kill -TERM "$(innermost "$backend")"
wait "$backend" || true
grep -q '"msg":"stopped"' "$backend_log" || { cat "$backend_log" >&2; die 'backend: it did not end in order'; }
say "both images are built and work ($SECONDS s)"
