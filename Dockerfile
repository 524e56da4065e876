# Builds Meridian in one stage and runs it in another, as a user of its own; port 53 by capability, not by root.
#
#   docker build -t meridian .
#   docker run -d --name meridian -p 53:53/udp -p 53:53/tcp -p 127.0.0.1:8053:8053 \
#     -v /srv/meridian/zones:/srv/zones:ro -v /srv/meridian/geoip:/srv/geoip:ro -v meridian-data:/srv/data meridian
#
# On Linux `--network host` spares the query path the proxy and keeps the clients' addresses.

FROM node:24-bookworm AS build
WORKDIR /opt/meridian
COPY package.json package-lock.json ./
# With the compilers of the full image: SQLite is compiled where no ready binary can be fetched.
RUN npm install --no-save --no-audit --no-fund
COPY tsconfig.json ./
COPY src ./src
RUN node node_modules/typescript/bin/tsc -p tsconfig.json && npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends iputils-ping libcap2-bin \
 && rm -rf /var/lib/apt/lists/* \
 # The one right that root is needed for: a port below 1024.
 && setcap cap_net_bind_service=+ep "$(readlink -f "$(command -v node)")" \
 && useradd --system --home-dir /srv --shell /usr/sbin/nologin meridian \
 && install -d -o meridian -g meridian -m 0750 /srv/zones /srv/geoip /srv/data
WORKDIR /opt/meridian
COPY --from=build /opt/meridian/node_modules ./node_modules
COPY --from=build /opt/meridian/build ./build
COPY package.json LICENSE ./
COPY bin/meridian ./bin/meridian
COPY zones /opt/meridian/zones
RUN ln -s /opt/meridian/bin/meridian /usr/local/bin/meridian
# Add [::]:53 where the container has IPv6: -e MERIDIAN_LISTEN=0.0.0.0:53,[::]:53
ENV NODE_ENV=production \
    MERIDIAN_LISTEN=0.0.0.0:53 \
    MERIDIAN_API=0.0.0.0:8053 \
    MERIDIAN_ZONES=/srv/zones \
    MERIDIAN_DATA=/srv/data
USER meridian
WORKDIR /srv
VOLUME ["/srv/zones", "/srv/geoip", "/srv/data"]
EXPOSE 53/udp 53/tcp 8053/tcp
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8053/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node.js as the first process passes SIGTERM on by itself: Meridian listens for it.
ENTRYPOINT ["/opt/meridian/bin/meridian"]
CMD ["serve"]
