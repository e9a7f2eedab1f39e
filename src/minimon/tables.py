"""What the commands show to a person."""

import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from minimon.environment import read_given
from minimon.images import Status
from minimon.keys import Pair
from minimon.services import Show
from minimon.sets import Tell
from minimon.settings import VARIABLES, Settings, show_value
from minimon.stock import Ready

WIDEST = 10_000
"""Columns of a table that goes to a pipe or a file: nothing in it is cut or folded."""

EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - only compared with


def greet(settings: Settings, port: int, made: Sequence[Pair]) -> None:
    """Welcome whoever started the service on a terminal: address, what was made, one line to try."""
    if not sys.stderr.isatty():
        return
    host = settings.host if settings.host not in EVERY_ADDRESS else "localhost"
    base = f"{'https' if settings.tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
    lines = [f"Minimon answers at {base} (open it in a browser; API description: {base}/docs). Ctrl+C stops it."]
    for pair in made:
        lines += [f"Made the {pair.files.purpose} pair: {pair.files.cert_path}, {pair.files.key_path}"]
        lines += [f"  SHA-256 fingerprint of the certificate: {pair.fingerprint}"]
    lines += ["Try it:", f"  {_curl(settings, base)}"]
    print("\n" + "\n".join(lines) + "\n", file=sys.stderr, flush=True)


def _curl(settings: Settings, base: str) -> str:
    trust = f" --cacert {shlex.quote(settings.tls_cert_path)}" if settings.tls else ""
    if settings.tls and settings.host not in (*EVERY_ADDRESS, "localhost"):
        trust = " -k"  # the certificate may well not cover this address
    token = ' -H "Authorization: Bearer $MINIMON_BEARER_TOKEN"' if settings.bearer_token.get_secret_value() else ""
    return f"curl -s{trust}{token} {base}/v1/generate"


@contextmanager
def load_bar() -> Iterator[Show]:
    """Show on a terminal how far a backend is that starts; give what to tell it. Gone when the backend is ready."""
    bar = _bar()
    task = bar.add_task("", total=100)

    def show(status: Status) -> None:
        bar.update(task, description=status.stage, completed=status.percent)
        if status.state == "starting":
            bar.start()
        else:
            bar.stop()

    try:
        yield show
    finally:
        bar.stop()


@contextmanager
def count_bar() -> Iterator[Tell]:
    """Show on a terminal how many pictures are done; give what to tell it."""
    with _bar() as bar:
        task = bar.add_task("drawing", visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=done < total)


def _bar() -> Progress:
    """Return a bar that leaves other output as it is."""
    console = Console(stderr=True)
    shown = sys.stderr.isatty()
    return Progress(console=console, transient=True, disable=not shown, redirect_stdout=False, redirect_stderr=False)


def print_minted(minted: Mapping[Path, Ready]) -> None:
    """Print which creature is in which file."""
    table = Table("File", "Name", "Rarity", "Element", "Seed", "Backend", box=None, pad_edge=False)
    for path, one in minted.items():
        traits = one.creature.traits
        row = (one.creature.name, traits.rarity, traits.element, str(traits.seed), one.picture.backend)
        table.add_row(str(path), *row)
    _console().print(table)


def print_settings(settings: Settings) -> None:
    """Print each variable: its value, where it came from, and its help."""
    given = read_given((variable.name for variable in VARIABLES), os.environ)
    table = Table("Variable", "Value", "From", "Meaning", box=None, pad_edge=False)
    for variable in VARIABLES:
        value = show_value(getattr(settings, variable.field), secret=variable.secret)
        origin = given[variable.name].origin if variable.name in given else "default"
        table.add_row(variable.name, value, origin, variable.meaning)
    _console().print(table)


def print_pairs(pairs: Sequence[Pair]) -> None:
    """Print each pair: its files, whether it was made just now, what it is, and until when it is valid."""
    table = Table("Pair", "Key", "Certificate", "Kind", "Valid until", "SHA-256 fingerprint", box=None, pad_edge=False)
    for pair in pairs:
        until = pair.certificate.not_valid_after_utc.date().isoformat() if pair.certificate else "-"
        cert_path = str(pair.files.cert_path) if pair.certificate else "none"
        purpose = pair.files.purpose + (" (made now)" if pair.made else "")
        table.add_row(purpose, str(pair.files.key_path), cert_path, pair.kind, until, pair.fingerprint or "-")
    _console().print(table)


def _console() -> Console:
    """Return a console that gives a pipe whole lines, however wide."""
    return Console(width=None if sys.stdout.isatty() else WIDEST, highlight=False, markup=False)
