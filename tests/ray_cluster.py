"""A real Ray cluster of one node, small, on free ports."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.servers import free_port, until

TOOLS = Path(sys.executable).parent
OBJECT_STORE = 200_000_000
SECONDS = 90
HEAD = "/gcs_server "
REPLICA = "ray::ServeReplica:minimon:Painter"
BRIDGE = "minimon.images.ray.bridge"
TWO_THAT_DRAW = {
    "MINIMON_RAY_ENGINE": "drawn",
    "MINIMON_RAY_REPLICA_CPUS": "0.5",
    "MINIMON_RAY_MIN_REPLICAS": "2",
    "MINIMON_RAY_MAX_REPLICAS": "2",
}


class RayCluster:
    """Its processes are known by their descent from the one that was started, so that no other is ever touched."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "ray.log"
        self._port, self._client_port, self._agent_port = free_port(), free_port(), free_port()
        self.start()

    @property
    def address(self) -> str:
        """That for a process of this machine."""
        return f"127.0.0.1:{self._port}"

    @property
    def client_address(self) -> str:
        """That for a process of any machine."""
        return f"ray://127.0.0.1:{self._client_port}"

    def start(self) -> None:
        """Start the node; return when it takes connections."""
        command = [
            TOOLS / "ray", "start", "--head", "--block", "--disable-usage-stats", "--include-dashboard=false",
            f"--port={self._port}", f"--ray-client-server-port={self._client_port}", "--num-cpus=2", "--num-gpus=1",
            f"--dashboard-agent-listen-port={self._agent_port}", f"--temp-dir={self._folder}",
            f"--object-store-memory={OBJECT_STORE}",
        ]  # fmt: skip
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environ({}))
        until(lambda: b"Ray runtime started" in self._log.read_bytes() or self._process.poll() is not None, SECONDS)
        assert self._process.poll() is None, self._log.read_text()

    def kill(self) -> None:
        """Kill all that belongs to the node, at once: SIGKILL."""
        for pid in [self._process.pid, *descendants(self._process.pid)]:
            send(pid, 9)
        self._process.wait()

    def replicas(self) -> list[int]:
        """Return the processes of the replicas that there are."""
        return [pid for pid in descendants(self._process.pid) if command_line(pid).startswith(REPLICA)]

    def head(self) -> int:
        """Return the process that knows the cluster, Ray's GCS."""
        (found,) = [pid for pid in descendants(self._process.pid) if HEAD in command_line(pid)]
        return found

    def other_heads(self) -> list[int]:
        """Return the heads of clusters that something has started by itself which knows this one's token."""
        token, own = f"RAY_AUTH_TOKEN={os.environ['RAY_AUTH_TOKEN']}", descendants(self._process.pid)
        heads = [pid for pid, _ in _parents() if HEAD in command_line(pid) and pid not in own]
        return [pid for pid in heads if token in read(pid, "environ").split("\0")]

    def minimon(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command of minimon with this cluster."""
        given = {"MINIMON_RAY_ADDRESS": self.address, **TWO_THAT_DRAW, **variables}
        return subprocess.run(
            (sys.executable, "-m", "minimon", *command),
            cwd=self._folder, env=environ(given), capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip

    def deploy(self, **variables: str) -> None:
        """Put the drawing engine there, two replicas of it unless told otherwise, and wait until it is ready."""
        done = self.minimon("cluster", "deploy", **variables)
        assert done.returncode == 0, done.stdout + done.stderr


def environ(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process with nothing of Minimon's in it but ``variables``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MINIMON_")}
    return {**kept, "RAY_USAGE_STATS_ENABLED": "0", **variables}


def bridge_of(pid: int) -> int:
    """Return the bridge of a service, 0 while it has none."""
    return next((child for child in descendants(pid) if BRIDGE in command_line(child)), 0)


def send(pid: int, number: int) -> None:
    """Send a signal to a process, if it is still there."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def descendants(pid: int) -> list[int]:
    """Return the children of a process, their children, and so on."""
    parents = dict(_parents())
    found, new = [], {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new}
        found += new
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
        except OSError:  # it has ended meanwhile
            continue
        yield int(folder.name), int(stat.rpartition(")")[2].split()[1])


def command_line(pid: int) -> str:
    """Return how a process calls itself."""
    return read(pid, "cmdline").replace("\0", " ")


def read(pid: int, name: str) -> str:
    """Return what the kernel says of a process, nothing once it has ended."""
    try:
        return (Path("/proc") / str(pid) / name).read_text()
    except OSError:
        return ""
