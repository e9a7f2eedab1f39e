"""Real servers that tests start on free loopback ports, and a cable to them that can be cut."""

import asyncio
import contextlib
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

WAIT_SECONDS = 20
"""A bound on every wait, never what is measured."""
PIECE = 1 << 16


def program(name: str, package: str) -> str:
    """Return the path of a program; where it is not installed, the test is skipped."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install --no-install-recommends {package}")
    return found


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def until(found: Callable[[], object], seconds: float = WAIT_SECONDS) -> float:
    """Ask again and again until the answer is yes; return how many seconds that took."""
    began = time.monotonic()
    while not found():
        assert time.monotonic() < began + seconds, "it never came"
        time.sleep(0.01)
    return time.monotonic() - began


def listens(port: int) -> bool:
    """Say whether somebody listens on this port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class Daemon:
    """A server of somebody else's, in a process of its own. It can be killed, held and started anew on its port."""

    def __init__(self, command: Callable[[int], list[str]], log_path: Path) -> None:
        """``command`` returns what starts it on a port; it is to stay in the foreground."""
        self.port = free_port()
        self._command = command(self.port)
        self._log_path = log_path
        self.start()

    def start(self) -> None:
        """Start it and wait until it listens."""
        with self._log_path.open("ab") as log:
            self.process = subprocess.Popen(self._command, stdout=log, stderr=subprocess.STDOUT)
        until(lambda: listens(self.port) or self.process.poll() is not None)
        assert self.process.poll() is None, self._log_path.read_text()

    def kill(self) -> None:
        """End it at once: SIGKILL."""
        self.process.kill()
        self.process.wait(WAIT_SECONDS)

    def hold(self) -> None:
        """Stop it where it is: its connections stay open, and nothing comes from it."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on after ``hold``."""
        self.process.send_signal(signal.SIGCONT)


class RedisServer(Daemon):
    """A real Redis that keeps nothing on disk."""

    def __init__(self, folder: Path, *options: str) -> None:
        path = program("redis-server", "redis-server")
        fixed = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
        super().__init__(lambda port: [path, "--port", str(port), *fixed, *options], folder / "redis.log")

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def ask(self, *words: str) -> str:
        """Return what it answers to one command."""
        command = [program("redis-cli", "redis-tools"), "-p", str(self.port), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=WAIT_SECONDS).stdout.strip()


class Cable:
    """Hands bytes between a port of its own and a server's. It can be cut and go dead, and be slow."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = free_port()
        self.delay = 0.0
        """Seconds that each piece takes on its way."""
        self._loop = asyncio.new_event_loop()
        self._alive = asyncio.Event()
        self._alive.set()
        self._heard = asyncio.Event()
        self._heard.set()
        self._whole = True
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._thread.start()
        assert self._listening.wait(WAIT_SECONDS)

    def cut(self) -> None:
        """Break every connection, and each new one."""
        self._whole = False
        self._call(lambda: [writer.transport.abort() for writer in self._writers])

    def hang(self) -> None:
        """Hand on nothing more: connections stay open and new ones open, as to a machine behind a bad firewall."""
        self._call(self._alive.clear)

    def mute(self) -> None:
        """Hand on what clients send, and nothing of what the server answers."""
        self._call(self._heard.clear)

    def mend(self) -> None:
        """Work again."""
        self._whole = True
        self._call(self._alive.set)
        self._call(self._heard.set)

    def stop(self) -> None:
        """Take it away."""
        self._call(self._stopped.set)
        self._thread.join(WAIT_SECONDS)
        self._loop.close()

    def _call(self, action: Callable[[], object]) -> None:
        done = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (action(), done.set()))
        done.wait(WAIT_SECONDS)

    async def _serve(self) -> None:
        self._stopped = asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self._listening.set()
        await self._stopped.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._join(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        other: asyncio.StreamWriter | None = None
        try:
            if not self._whole:
                return
            there, other = await asyncio.open_connection("127.0.0.1", self.target)
            self._writers.add(other)
            await asyncio.gather(self._carry(reader, other), self._carry(there, writer, self._heard))
        except OSError:
            pass
        finally:
            for one in (writer, other):
                if one:
                    self._writers.discard(one)
                    one.transport.abort()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passes: asyncio.Event | None = None
    ) -> None:
        while piece := await reader.read(PIECE):
            if self.delay:
                await asyncio.sleep(self.delay)
            await self._alive.wait()
            if passes:
                await passes.wait()
            writer.write(piece)
            await writer.drain()
        raise ConnectionResetError  # one side has closed: so does the other
