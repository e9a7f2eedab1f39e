"""The commands. Each is a few lines over a module that does the work."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import structlog
import typer
import uvloop

from minimon import __version__, tables
from minimon.audit.commands import ledger_commands
from minimon.errors import LedgerLostError, StartError
from minimon.keys import Pair, PairFiles, load_pair, open_pair, signing_files, tls_files
from minimon.logs import set_up_logs
from minimon.probe import probe_health
from minimon.rotation import rotate as rotate_key
from minimon.scores.signing import signer_for
from minimon.server import serve as serve_until_stopped
from minimon.settings import load_settings, unknown_variables

START_FAULT = 2
INTERRUPTED = 130

commands = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
key_commands = typer.Typer(no_args_is_help=True, help="Make, show or check the TLS pair and the signing pair.")
commands.add_typer(key_commands, name="keys")
commands.add_typer(ledger_commands, name="ledger")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command. A fault at start is a line each on standard error and status 2, never a traceback."""
    try:
        commands(args=arguments)
    except StartError as error:
        for fault in error.faults:
            print(f"minimon: {fault}", file=sys.stderr)
        sys.exit(START_FAULT)
    except LedgerLostError as error:
        print(f"minimon: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


@commands.callback(invoke_without_command=True)
def default(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Mint collectible creatures and certify players' scores. Without a command: serve."""
    if version:
        print(__version__)
    elif context.invoked_subcommand is None:
        serve()


@commands.command()
def serve() -> None:
    """Start the service with the settings of the environment and of .env."""
    settings = load_settings()
    set_up_logs(settings)
    for line in unknown_variables(os.environ):
        structlog.get_logger(__name__).warning(line)
    uvloop.run(serve_until_stopped(settings, tables.greet))


@commands.command()
def settings() -> None:
    """Print each variable with its value, where it came from, and what it means. Secrets are masked."""
    tables.print_settings(load_settings())


@commands.command()
def health() -> None:
    """Ask the service that these settings describe for its health: status 0 if it is well, 1 if not."""
    sys.exit(probe_health(load_settings()))


@key_commands.command()
def make() -> None:
    """Make each pair of which neither file exists. Nothing is overwritten."""
    tables.print_pairs([open_pair(files) for files in _all_files()])


@key_commands.command()
def show() -> None:
    """Show the pairs: files, algorithm, fingerprint, validity."""
    tables.print_pairs(_load_all())


@key_commands.command()
def check() -> None:
    """Check that each pair can be read, belongs together and can do its work: status 0, or 2 with a line a fault."""
    _load_all()
    print("TLS pair and signing pair: sound")


@key_commands.command()
def rotate() -> None:
    """Replace the signing key; the ledger records that the old one hands over to the new one."""
    print(rotate_key(load_settings()))


def _all_files() -> list[PairFiles]:
    chosen = load_settings()
    return [tls_files(chosen), signing_files(chosen)]


def _load_all() -> list[Pair]:
    """Load every pair; raise one StartError with the faults of all."""
    pairs: list[Pair] = []
    faults: list[str] = []
    for files in _all_files():
        try:
            pairs.append(load_pair(files))
            if files.purpose == "signing":
                signer_for(pairs[-1])
        except StartError as error:
            faults.extend(error.faults)
    if faults:
        raise StartError(*faults)
    return pairs
