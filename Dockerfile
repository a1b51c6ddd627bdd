# The image of rauth: the program, the machine code of bcrypt and Node. docs/image.md says how it is
# built, checked, published and run.

# What the program is made with: Node 22.18 or newer, npm and a shell.
ARG BUILDER=docker.io/library/node:24-bookworm-slim
# What it runs on: glibc, and Node at NODE.
ARG RUNTIME=gcr.io/distroless/nodejs24-debian12:nonroot
ARG NODE=/nodejs/bin/node

FROM ${RUNTIME} AS runtime

# Nothing is compiled for a platform and nothing of the base is run, so every image is made on the
# machine's own platform, without emulation.
FROM --platform=${BUILDPLATFORM} ${BUILDER} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
# The secret is for those who have a registry of their own; it is in no layer.
RUN --mount=type=secret,id=npmrc,target=/run/secrets/npmrc \
  --mount=type=cache,target=/var/cache/npm \
  NPM_CONFIG_USERCONFIG=/run/secrets/npmrc npm ci --ignore-scripts --cache /var/cache/npm
COPY . .
ARG NODE
ARG TARGETARCH
ARG SOURCE_DATE_EPOCH=0
RUN --mount=type=bind,from=runtime,target=/runtime \
  node tools/bundle.mjs && \
  node tools/shipping/image.ts --out /image --base /runtime --node "${NODE}"

FROM runtime
LABEL org.opencontainers.image.title="rauth" \
  org.opencontainers.image.description="Lets a Kubernetes namespace push and pull only its own images" \
  org.opencontainers.image.version="0.1.0" \
  org.opencontainers.image.licenses="MIT"
COPY --from=build /image/ /
ENV NODE_ENV=production
# By number, so that Kubernetes can see that it isn't root. Any other will do as well.
USER 65532:65532
# Any user may enter it, and rauth.yaml counts where it is started.
WORKDIR /etc/rauth
EXPOSE 8080 9090 9191 9192
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/rauth"]
CMD ["serve"]
