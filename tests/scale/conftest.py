"""What the tests of several replicas share: replicas, servers, a proxy that tries again, and load that counts."""

import asyncio
import contextlib
import os
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Self

import httpx2
import pytest
from tests.conftest import Service, start_service
from tests.servers import WAIT_SECONDS, Cable, Daemon, RedisServer, program, until

ANSWER_SECONDS = 15
TABLE = pytest.StashKey[list[dict[str, object]]]()

NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
{user}
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    upstream minimon {{
        {servers}
        keepalive 32;
    }}
    server {{
        listen 127.0.0.1:{port};
        proxy_connect_timeout 1s;
        proxy_read_timeout 2s;
        location / {{
            proxy_pass http://minimon;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_next_upstream error timeout http_502 http_503;
            proxy_next_upstream_tries 3;
            proxy_buffers 8 32k;
        }}
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """One request and what came of it."""

    at: float
    """When it ended, on the monotonic clock."""
    seconds: float
    address: str
    status: int
    """0: there was no whole answer."""
    key: str
    """What ``ask`` made of the answer: the creature's id, for instance. The fault, where there was no answer."""


Ask = Callable[[httpx2.AsyncClient, int], Awaitable[tuple[int, str]]]
"""Sends the request of this number; returns status and key."""


async def generate(client: httpx2.AsyncClient, _number: int) -> tuple[int, str]:
    """Ask for a creature as a picture; its id is the key."""
    answer = await client.get("/v1/generate", headers={"Accept": "image/png"})
    return answer.status_code, answer.headers.get("x-minimon-id", "")


async def health(client: httpx2.AsyncClient, _number: int) -> tuple[int, str]:
    """Ask whether the service answers."""
    return (await client.get("/health")).status_code, ""


class Load:
    """So many clients that ask one address after the other, until told to stop, and note all that comes.

    A client whose address breaks goes on to the next one, as one would that a balancer sends elsewhere.
    """

    def __init__(self, addresses: Sequence[str], ask: Ask, *, clients: int, pause: float) -> None:
        self.seen: list[Seen] = []
        self._addresses, self._ask, self._clients, self._pause = addresses, ask, clients, pause
        self._number = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(3 * ANSWER_SECONDS)

    def wait(self, more: int) -> float:
        """Wait for so many more sound answers; return how many seconds they took."""
        goal = self.sound() + more
        return until(lambda: self.sound() >= goal, 3 * ANSWER_SECONDS)

    def sound(self) -> int:
        """Return how many sound answers there were."""
        return sum(200 <= one.status < 300 for one in self.seen)

    def statuses(self) -> Counter[int]:
        """Return how often each status came."""
        return Counter(one.status for one in self.seen)

    def failed(self) -> list[Seen]:
        """Return every request without a whole answer and each with a server's error."""
        return [one for one in self.seen if one.status == 0 or one.status >= 500]

    def duplicates(self) -> list[str]:
        """Return every key of a sound answer that came more than once."""
        counts = Counter(one.key for one in self.seen if one.status == 200 and one.key)
        return [key for key, count in counts.items() if count > 1]

    def longest_gap(self, since: float) -> float:
        """Return the longest time since then in which no sound answer came."""
        times = [since, *sorted(one.at for one in self.seen if one.status == 200 and one.at > since)]
        return max((late - soon for soon, late in pairwise(times)), default=0.0)

    async def _run(self) -> None:
        await asyncio.gather(*(self._client(number) for number in range(self._clients)))

    async def _client(self, number: int) -> None:
        async with contextlib.AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(_client(address)) for address in self._addresses]
            at = number % len(clients)
            while not self._stopping.is_set():
                if not await self._once(clients[at], self._addresses[at]):
                    at = (at + 1) % len(clients)
                await asyncio.sleep(self._pause)

    async def _once(self, client: httpx2.AsyncClient, address: str) -> bool:
        began, self._number = time.monotonic(), self._number + 1
        try:
            status, key = await self._ask(client, self._number)
        except httpx2.TransportError as error:
            status, key = 0, type(error).__name__
        now = time.monotonic()
        self.seen.append(Seen(now, now - began, address, status, key))
        return status != 0


def _client(address: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=address, trust_env=False, timeout=ANSWER_SECONDS)


def load(replicas: Sequence[Service] | str, ask: Ask = generate, *, clients: int = 8, pause: float = 0.0) -> Load:
    """Return load on replicas, or on the proxy before them; it lasts as long as the ``with`` block."""
    addresses = [replicas] if isinstance(replicas, str) else [replica.base_url for replica in replicas]
    return Load(addresses, ask, clients=clients, pause=pause)


@dataclass
class Fleet:
    """The replicas of one test."""

    folder: Path
    running: list[Service] = field(default_factory=list)

    def start(self, count: int, **variables: str) -> list[Service]:
        """Start so many replicas with these variables, each in a folder of its own, and wait until they listen."""
        with ThreadPoolExecutor(count) as threads:
            first = len(self.running)
            started = list(threads.map(lambda number: self._start(first + number, variables), range(count)))
        self.running += started
        return started

    def restart(self, replica: Service, **variables: str) -> Service:
        """Start a replica anew in the folder and on the port of one that has ended."""
        new = start_service(replica.folder, _usual(variables) | {"MINIMON_PORT": str(replica.port)})
        self.running.append(new)
        return new

    def stop(self) -> None:
        """End all of them."""
        for replica in self.running:
            if replica.process.poll() is None:
                replica.process.kill()
                replica.process.wait(WAIT_SECONDS)

    def _start(self, number: int, variables: dict[str, str]) -> Service:
        folder = self.folder / f"replica-{number}"
        folder.mkdir()
        return start_service(folder, _usual(variables))


def _usual(variables: dict[str, str]) -> dict[str, str]:
    fixed = {"MINIMON_TLS": "0", "MINIMON_HOST": "127.0.0.1", "MINIMON_RATE_LIMIT_PER_MIN": "0"}
    return fixed | {"MINIMON_TRUSTED_PROXIES": "127.0.0.1"} | variables


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Start replicas that end with the test."""
    started = Fleet(tmp_path)
    yield started
    started.stop()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of the test's own."""
    server = RedisServer(tmp_path)
    yield server
    server.kill()


@pytest.fixture
def cable() -> Iterator[Callable[[int], Cable]]:
    """Return what lays a cable to a port; it is taken away with the test."""
    laid: list[Cable] = []

    def lay(port: int) -> Cable:
        laid.append(Cable(port))
        return laid[-1]

    yield lay
    for one in laid:
        one.stop()


@pytest.fixture
def behind_nginx(tmp_path: Path) -> Iterator[Callable[[Sequence[Service]], str]]:
    """Return what puts nginx before replicas: it asks another one where one fails. It returns nginx's address."""
    started: list[Daemon] = []
    path = program("nginx", "nginx-light")

    def put(replicas: Sequence[Service]) -> str:
        def command(port: int) -> list[str]:
            servers = "\n        ".join(f"server 127.0.0.1:{one.port} fail_timeout=1s;" for one in replicas)
            user = "user root;" if os.geteuid() == 0 else ""
            text = NGINX.format(folder=tmp_path, user=user, servers=servers, port=port)
            (tmp_path / "nginx.conf").write_text(text)
            return [path, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "nginx.log")]

        started.append(Daemon(command, tmp_path / "nginx.log"))
        return f"http://127.0.0.1:{started[-1].port}"

    yield put
    for one in started:
        one.process.terminate()  # its workers end with it
        one.process.wait(WAIT_SECONDS)


@pytest.fixture
def enter(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Return what enters a row into the table of faults, which is printed at the end."""
    rows = request.config.stash.setdefault(TABLE, [])

    def row(fault: str, seen: Load, **more: object) -> None:
        facts = {"requests": len(seen.seen), "failed": len(seen.failed()), "duplicates": len(seen.duplicates())}
        rows.append({"fault": fault} | facts | more)

    return row


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what came of each fault."""
    for row in terminalreporter.config.stash.get(TABLE, []):
        terminalreporter.write_line(", ".join(f"{name}: {value}" for name, value in row.items()))
