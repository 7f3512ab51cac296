# Production image: the server without the sandbox. The commands are those of `make dist`.
# Not built by the tests of this repository: they run where no container engine is.

FROM rust:1.95-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends nodejs npm && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN make dist

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /var/lib/waymark --create-home waymark
COPY --from=build /src/target/release/waymark /usr/local/bin/waymark
COPY --from=build /src/target/release/site /usr/local/bin/site
USER waymark
WORKDIR /var/lib/waymark
ENV WAYMARK_ADDR=0.0.0.0:3000
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["waymark", "health"]
ENTRYPOINT ["waymark"]
CMD ["serve"]
