# Minimon in a container: built from the lock, run by a user without rights, with no key and no data in it.
# Any Python from 3.11 will do as BASE; each locked package has a wheel for it, so nothing is compiled.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
# runtime, or replica: with the extras that several replicas need (metrics, postgres, redis)
ARG REQUIREMENTS=runtime
WORKDIR /build
# pip stays behind in this stage: the environment that goes on has only what the service imports
RUN python3 -m venv /opt/tools && python3 -m venv --without-pip /opt/venv
COPY requirements/ requirements/
RUN /opt/tools/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/build.txt \
    && /opt/tools/bin/pip --python /opt/venv/bin/python3 install \
       --no-cache-dir --no-deps --require-hashes --only-binary :all: -r "requirements/${REQUIREMENTS}.txt"
COPY pyproject.toml README.md LICENSE ./
COPY src/ src/
RUN /opt/tools/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/tools/bin/pip --python /opt/venv/bin/python3 install --no-cache-dir --no-deps --no-index dist/*.whl

FROM ${BASE}
LABEL org.opencontainers.image.title="Minimon" \
      org.opencontainers.image.description="Mints collectible creatures for games and certifies players' scores." \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
COPY --from=build /opt/venv /opt/venv
COPY minimon/ minimon/
# the only folders that the service writes to; a new volume takes over their owner
RUN mkdir -m 0700 certs data && chown 10001:10001 certs data
ENV PATH=/opt/venv/bin:$PATH
USER 10001:10001
VOLUME ["/app/certs", "/app/data"]
EXPOSE 22222
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["minimon", "health"]
ENTRYPOINT ["minimon"]
CMD ["serve"]
