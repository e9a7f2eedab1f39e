"""What the service is measured beside: a bare ASGI callable, plain FastAPI, blocking sockets, and nginx with a file."""

import random
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

from common import ROOT, START_SECONDS, BenchmarkError, Running, serving, starting
from PIL import Image

NGINX_HEAD_BYTES = 235
"""What nginx 1.22 sends before a file; the answers of all servers are to be of one size."""
NGINX = """
daemon off; master_process off; pid nginx.pid; error_log nginx.error.log;
events {{ worker_connections 20000; }}
http {{
    access_log off; default_type application/json; keepalive_requests 1000000000; tcp_nopush on;
    client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp; uwsgi_temp_path temp; scgi_temp_path temp;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate certs/cert.pem; ssl_certificate_key certs/key.pem;
        root files;
    }}
}}
"""


@contextmanager
def bare(kind: str, folder: Path, sizes: dict[str, int]) -> Iterator[Running]:
    """Run a callable that answers each path with so many bytes on our server: ``kind`` is ``asgi`` or ``fastapi``."""
    answers = [f"{path}={size}" for path, size in sizes.items()]
    # -P: this folder is not searched for modules
    command = [sys.executable, "-P", str(ROOT / "benchmarks/bare.py"), kind, *answers]
    with serving(kind, command, folder, {}) as server:
        yield server


@contextmanager
def sockets(folder: Path, path: str, size: int) -> Iterator[Running]:
    """Run a server on blocking sockets that answers each connection once, with so many bytes."""
    command = [sys.executable, "-P", str(ROOT / "benchmarks/sockets.py"), f"{path}={size}"]
    with serving("sockets", command, folder, {}) as server:
        yield server


@contextmanager
def nginx(folder: Path, path: str, size: int) -> Iterator[Running]:
    """Run nginx, one process, with a file of so many bytes, head included, and the certificate of the service."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not program:
        raise BenchmarkError("nginx is not installed: on Debian, apt-get install nginx; or leave --nginx out")
    file = folder / "files" / path.removeprefix("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(random.Random(0).randbytes(size - NGINX_HEAD_BYTES))
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(port=port))
    with starting("nginx", [program, "-p", str(folder), "-c", "nginx.conf"], folder, {}) as process:
        _wait_for(port, process)
        yield Running(process, folder, port)


def free_port() -> int:
    """Return a port that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def _wait_for(port: int, process: Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    raise BenchmarkError(f"nginx did not start (status {process.poll()})")


def make_pictures(folder: Path, kilobytes: int) -> Path:
    """Write six PNGs of so many kilobytes each: noise, which nothing can compress."""
    folder.mkdir()
    side = round((kilobytes * 1000 / 3) ** 0.5)
    rng = random.Random(0)
    for index in range(6):
        Image.frombytes("RGB", (side, side), rng.randbytes(side * side * 3)).save(folder / f"image_{index:02}.png")
    return folder
