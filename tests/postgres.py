"""A real PostgreSQL server for tests, run by an unprivileged user on a free loopback port."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql
from tests.servers import WAIT_SECONDS, Daemon, program, until

USER = "postgres"
"""Who runs it where the tests run as root, which PostgreSQL refuses; Debian's package makes it."""
PASSWORD = secrets.token_urlsafe(12) + "%40/"


def binary(name: str) -> str:
    """Return the path of one of the server's programs; where it is not installed, the test is skipped."""
    found = sorted(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")))  # Debian leaves them out of PATH
    return found[-1] if found else program(name, "postgresql")


def unprivileged(*command: str) -> list[str]:
    """Return the command that runs another one as a user that PostgreSQL takes."""
    if os.geteuid():
        return list(command)
    return [program("setpriv", "util-linux"), f"--reuid={USER}", f"--regid={USER}", "--clear-groups", *command]


class PostgresServer(Daemon):
    """A server with databases of one owner, ``minimon``, who is no superuser."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.data = folder / "data"
        postgres = binary("postgres")
        if os.geteuid() == 0:
            shutil.chown(folder, USER, USER)
        password_file = folder / "password"
        password_file.write_text(PASSWORD)
        initdb = [binary("initdb"), "-D", str(self.data), "-U", "admin", "-A", "scram-sha-256", "-E", "UTF8", "-N"]
        subprocess.run(
            unprivileged(*initdb, f"--pwfile={password_file}"),
            check=True,
            capture_output=True,
            timeout=WAIT_SECONDS * 3,
        )
        fixed = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}"]
        for option in options:
            fixed += ["-c", option]
        super().__init__(
            lambda port: unprivileged(postgres, "-D", str(self.data), "-p", str(port), *fixed), folder / "postgres.log"
        )
        self.ask(sql.SQL("CREATE ROLE minimon LOGIN CREATEDB PASSWORD {}").format(PASSWORD))

    def start(self) -> None:
        """Start it and wait until it takes queries."""
        super().start()
        until(lambda: self.process.poll() is not None or self._answers())

    def _answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            self.ask("SELECT 1")
            return True
        return False

    def stop(self, number: int = signal.SIGINT) -> None:
        """End it: SIGINT breaks all connections and writes all that is committed, SIGQUIT leaves that to the start."""
        self.process.send_signal(number)
        self.process.wait(WAIT_SECONDS)

    def restart(self, number: int = signal.SIGINT) -> None:
        """End it and start it again on its port."""
        self.stop(number)
        self.start()

    def hold(self) -> None:
        """Stop it where it is, with every process that serves a connection."""
        super().hold()
        self._tell_children(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on after ``hold``."""
        self._tell_children(signal.SIGCONT)
        super().go_on()

    def _tell_children(self, number: int) -> None:
        text = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        for pid in text.split():
            with contextlib.suppress(ProcessLookupError):  # it served a connection that has ended meanwhile
                os.kill(int(pid), number)

    def url(self, database: str, role: str = "minimon", port: int = 0) -> str:
        """Return the address of a database for a role."""
        return f"postgresql://{role}:{quote(PASSWORD, safe='')}@127.0.0.1:{port or self.port}/{database}"

    def ask(self, query: str | sql.Composable, database: str = "postgres", role: str = "admin") -> list[tuple]:
        """Return what a query gives."""
        with psycopg.connect(self.url(database, role), autocommit=True, connect_timeout=WAIT_SECONDS) as connection:
            cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description else []

    def database(self) -> str:
        """Make an empty database that belongs to ``minimon``; return its name."""
        name = f"db_{secrets.token_hex(6)}"
        self.ask(sql.SQL("CREATE DATABASE {} OWNER minimon").format(sql.Identifier(name)))
        return name

    def role(self) -> str:
        """Make a role that may do nothing yet; return its name."""
        name = f"role_{secrets.token_hex(6)}"
        self.ask(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), PASSWORD))
        return name


@contextlib.contextmanager
def running_postgres(*options: str) -> Iterator[PostgresServer]:
    """Run a server; its files are gone with it."""
    if os.geteuid() == 0:
        try:
            pwd.getpwnam(USER)
        except KeyError:
            pytest.skip(f"there is no user {USER}: apt-get install --no-install-recommends postgresql")
    binary("postgres")
    with tempfile.TemporaryDirectory(prefix="minimon-postgres-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = PostgresServer(Path(folder), *options)
        try:
            yield server
        finally:
            server.go_on()
            server.kill()
