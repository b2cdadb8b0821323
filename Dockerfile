# purgebot in a small image. It runs as nobody in particular, on a read-only root, with one volume:
#
#   docker build -t purgebot .
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges -p 8080:8080 \
#     -v purgebot:/data -v ./config:/config:ro -v ./secrets:/run/secrets:ro \
#     -e SLACK_BOT_TOKEN_FILE=/run/secrets/slack_bot -e SLACK_APP_TOKEN_FILE=/run/secrets/slack_app purgebot
#
# With Socket Mode, -p is for machines only. Set METRICS_HOST=0.0.0.0 to have :9464/metrics scraped from outside.
# tests/container.sh runs these very steps without Docker; docs/running.md has a compose file, upgrades and backups.

FROM python:3.12-slim AS build
WORKDIR /src
RUN python -m venv --without-pip /opt/purgebot
COPY requirements.run.lock ./
# What running needs and nothing else, each file checked by its hash.
RUN python -m pip --python /opt/purgebot/bin/python install --no-cache-dir --disable-pip-version-check \
      --require-hashes --requirement requirements.run.lock
# What nothing here asks for: tests, pip, other services of AWS than those that give credentials, languages of httplint's.
RUN cd /opt/purgebot/lib/python3*/site-packages \
 && find . -type d -name tests -prune -exec rm -rf {} + \
 && find botocore/data -mindepth 1 -maxdepth 1 -type d ! -name sts ! -name "sso*" ! -name signin -exec rm -rf {} + \
 && find babel/locale-data -name "*.dat" ! -name root.dat ! -name "en*.dat" -delete \
 && rm -rf pip pip-*.dist-info ../../../bin/pip*
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY providers providers
RUN python -m pip --python /opt/purgebot/bin/python install --no-cache-dir --disable-pip-version-check --no-deps .

FROM python:3.12-slim
COPY --from=build /opt/purgebot /opt/purgebot
RUN install -d -o 10001 -g 10001 /data
ENV PATH="/opt/purgebot/bin:$PATH" \
    HOME=/data \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PURGEBOT_CONFIG=/config/purgebot.yaml \
    PURGEBOT_DATABASE=sqlite:////data/purgebot.db
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8080 9464
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD python -c 'import os, urllib.request as u; \
      u.build_opener(u.ProxyHandler({})).open("http://127.0.0.1:%s/healthz" % (os.environ.get("PORT") or 8080), timeout=4)'
ENTRYPOINT ["purgebot"]
CMD ["serve"]
