# An image with featsel, its trainer and no more; runs as a user without rights. Not built in CI.
#   docker build -t featsel .
#   docker run --rm --user "$(id -u)" -v "$PWD:/data" featsel rank log.parquet
# For GPUs: --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu128 (as of https://pytorch.org).
FROM python:3.11-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY featsel featsel
RUN pip wheel --no-cache-dir --no-deps --constraint constraints.txt --wheel-dir /wheel .

FROM python:3.11-slim
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
COPY --from=build /wheel /wheel
COPY constraints.txt /wheel/
RUN python -m venv /opt/featsel \
  && /opt/featsel/bin/pip install --no-cache-dir --constraint /wheel/constraints.txt --index-url "$TORCH_INDEX" \
    --extra-index-url https://pypi.org/simple torch \
  && wheel=$(echo /wheel/featsel-*.whl) \
  && /opt/featsel/bin/pip install --no-cache-dir --constraint /wheel/constraints.txt "${wheel}[train]" \
  && useradd --create-home --uid 1000 featsel \
  && mkdir /data /cache && chmod 1777 /data /cache
# /cache keeps encoded logs and compiled loops: mount a volume to keep them for the next run
ENV PATH=/opt/featsel/bin:$PATH FEATSEL_CACHE=/cache/logs NUMBA_CACHE_DIR=/cache/numba
USER featsel
WORKDIR /data
ENTRYPOINT ["featsel"]
CMD ["--help"]
