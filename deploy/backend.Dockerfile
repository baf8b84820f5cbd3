# The product as one static file in an otherwise empty image: the API, the workers and the pages.
# Build it from the root of the repository:  docker build -f deploy/backend.Dockerfile -t cinema .
#
# The base images are arguments, so that a mirror, a hardened image or a stand-in may be used.
ARG GO_IMAGE=golang:1.26-bookworm
ARG NODE_IMAGE=node:22-bookworm-slim
ARG RUN_IMAGE=scratch

FROM ${NODE_IMAGE} AS pages
ARG npm_config_cache=/root/.npm
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel=error
COPY web ./
COPY scripts/precompress.mjs ../scripts/
RUN npm run --silent build -- --logLevel warn && node ../scripts/precompress.mjs dist

FROM ${GO_IMAGE} AS server
ARG VERSION=dev
ARG GOPROXY
ARG GOMODCACHE=/go/pkg/mod
ARG GOCACHE=/root/.cache/go-build
ENV CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-buildvcs=false PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY api ./api
COPY cmd ./cmd
COPY internal ./internal
COPY web/embed.go ./web/
COPY --from=pages /src/web/dist ./web/dist
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -trimpath -tags nomsgpack -ldflags "-s -w -X main.version=${VERSION}" -o /out/cinema ./cmd/cinema \
 && mkdir -p /out/data /out/tmp && chmod 1777 /out/tmp \
 && cp /etc/ssl/certs/ca-certificates.crt /out/ca-certificates.crt

FROM ${RUN_IMAGE}
LABEL org.opencontainers.image.title="cinema" \
      org.opencontainers.image.description="Sells cinema seats: programme, live seat maps, bookings and tickets" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=server /out/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=server --chown=65532:65532 /out/data /data
COPY --from=server /out/tmp /tmp
COPY --from=server /out/cinema /cinema
# The file system may be read-only: only the data folder and /tmp are written.
USER 65532:65532
ENV ADDR=0.0.0.0 PORT=8080 DATA_DIR=/data LOG_FORMAT=json
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=4s --start-period=300s --retries=3 CMD ["/cinema", "healthcheck"]
ENTRYPOINT ["/cinema"]
CMD ["serve"]
