# The built pages behind nginx, which hands the API, the sockets and the pictures to the backend, so that a browser has one origin.
# Build it from the root of the repository:  docker build -f deploy/frontend.Dockerfile -t cinema-frontend .
ARG NODE_IMAGE=node:22-bookworm-slim
ARG NGINX_IMAGE=nginxinc/nginx-unprivileged:1.29-alpine

FROM ${NODE_IMAGE} AS pages
ARG npm_config_cache=/root/.npm
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel=error
COPY web ./
COPY scripts/precompress.mjs ../scripts/
RUN npm run --silent build -- --logLevel warn && node ../scripts/precompress.mjs dist
# nginx serves the gzip copies; the brotli ones need a module that its image does not have.
RUN find dist -name '*.br' -delete

FROM ${NGINX_IMAGE}
LABEL org.opencontainers.image.title="cinema-frontend" org.opencontainers.image.licenses="Apache-2.0"
COPY deploy/nginx /etc/cinema/
COPY --from=pages /src/web/dist /usr/share/cinema
# The file system may be read-only: only /tmp is written.
USER 65532:65532
EXPOSE 5173
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=10s --timeout=4s --start-period=5s --retries=3 CMD ["wget", "-q", "--spider", "http://127.0.0.1:5173/"]
ENTRYPOINT []
CMD ["nginx", "-c", "/etc/cinema/nginx.conf", "-g", "daemon off;"]
