# The bot in an image: `docker build -t codemie-slack-bot .`; docs/deploy.md has how to run it.
#
# The tag moves with Debian's and Python's fixes. To build the same image again, pin its digest:
#   docker buildx imagetools inspect python:3.11-slim-bookworm
#   docker build --build-arg BASE=python:3.11-slim-bookworm@sha256:… .
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY requirements.lock docs/deploy/build.lock ./
# Wheels alone: no package runs a build script, and no compiler is needed.
RUN python -m venv /opt/build \
    && python -m venv --without-pip /opt/bot \
    && /opt/build/bin/pip install --require-hashes --only-binary :all: -r build.lock \
    && /opt/build/bin/pip --python /opt/bot/bin/python install --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY handlers handlers
RUN /opt/build/bin/pip wheel --no-build-isolation --no-deps --no-index --wheel-dir /src/wheels . \
    && /opt/build/bin/pip --python /opt/bot/bin/python install --no-deps --no-index /src/wheels/*.whl

FROM ${BASE}
LABEL org.opencontainers.image.title="codemie-slack-bot" \
      org.opencontainers.image.description="A Slack bot that turns a sentence into a user flow and a UI prototype" \
      org.opencontainers.image.licenses="Apache-2.0"
# Blitz brings one font. Where a page names another, it asks fontconfig, without which Cyrillic is left out of the picture.
# tini, the first process, hands signals on from the first moment, and reaps what a killed painter leaves behind.
# Debian keeps one version of a package: a pinned one can't be had after the next fix.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends fonts-dejavu-core libfontconfig1 tini \
    && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=build /opt/bot /opt/bot
ENV PATH=/opt/bot/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    DATA_DIR=/data \
    HOST=0.0.0.0 \
    LOG_FORMAT=json
WORKDIR /opt/bot
VOLUME /data
EXPOSE 3000
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-I", "-S", "-c", "import http.client as h, os; c = h.HTTPConnection('127.0.0.1', int(os.environ.get('PORT') or 3000), timeout=4); c.request('GET', '/health'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["/usr/bin/tini", "--", "codemie-bot"]
CMD ["run"]
