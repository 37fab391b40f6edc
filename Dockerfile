# The image of one node. Debian 13: uWebSockets.js' binary for Node 24 needs glibc 2.38, Debian 13 has 2.41
# (Debian 12's 2.36 is too old, and so is any Alpine). No Docker runs where Parley is built: a test runs these steps
# without one (test/deploy/image-steps.test.ts).
FROM node:24-trixie-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# Nothing here needs an install script: binaries come as packages of their own.
RUN npm ci --ignore-scripts --loglevel=error
COPY tsconfig.json tsconfig.build.json LICENSE ./
COPY scripts scripts
COPY db db
COPY client client
COPY web web
COPY docs docs
COPY src src
RUN node scripts/build.mjs
RUN node scripts/image.mjs image

FROM node:24-trixie-slim
# MALLOC_ARENA_MAX: glibc keeps what images needed while they were decoded, once for each of its arenas.
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    DATA_DIR=/data \
    MALLOC_ARENA_MAX=2
WORKDIR /parley
COPY --from=build /build/image ./
# Only for a trial without DATABASE_URL: nothing else is ever written, and the root file system may be read-only.
RUN mkdir /data && chown 1000:1000 /data
# The base's own user "node"; by number, so that Kubernetes can see that it is not root.
USER 1000:1000
EXPOSE 3000 3001 9464
HEALTHCHECK --interval=10s --timeout=3s --retries=6 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# No shell and no npm between: SIGTERM reaches the node, which sends its sessions away and ends with 0.
ENTRYPOINT ["node"]
CMD ["dist/main.js"]
