# One image for `serve`, `run`, `install` and the rest; it writes nowhere but to /tmp.
FROM python:3.13-slim-trixie AS build

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/prikke
COPY pyproject.toml README.md ./
COPY sql sql
COPY prikke prikke
RUN /opt/prikke/bin/pip install . && /opt/prikke/bin/pip uninstall --yes pip

FROM python:3.13-slim-trixie

RUN groupadd --system --gid 10001 prikke \
  && useradd --system --uid 10001 --gid prikke --no-create-home --home-dir /nonexistent prikke
COPY --from=build /opt/prikke /opt/prikke
ENV PATH=/opt/prikke/bin:$PATH \
  PYTHONUNBUFFERED=1 \
  PYTHONDONTWRITEBYTECODE=1 \
  PORT=8000
USER 10001:10001
WORKDIR /
EXPOSE 8000
# `run` answers on PRIKKE_HEALTH_PORT, `serve` on PORT.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:%s/health' % (os.environ.get('PRIKKE_HEALTH_PORT') or os.environ['PORT']), timeout=4)"]
ENTRYPOINT ["prikke"]
CMD ["serve", "--host", "0.0.0.0"]
