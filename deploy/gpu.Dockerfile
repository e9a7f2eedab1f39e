# The image with what paints and what makes a node of a Ray cluster: docker build -t minimon-gpu -f deploy/gpu.Dockerfile .
# Built from the image `minimon-replica`. PyTorch brings CUDA along in its wheels.
ARG MINIMON=minimon-replica
# hadolint ignore=DL3006
FROM ${MINIMON}
USER 0:0
# not locked: which build of PyTorch fits is the card's affair; pip stays behind as in the image below
# hadolint ignore=DL3013
RUN python3 -m venv /opt/tools \
    && /opt/tools/bin/pip --python /opt/venv/bin/python3 install --no-cache-dir 'minimon[sdxl,ray]' \
    && rm -r /opt/tools
USER 10001:10001
