"""The commands. Each is a few lines over a module that does the work."""

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import SystemRandom
from typing import Annotated

import structlog
import typer
import uvloop

from minimon import __version__, tables
from minimon.audit.commands import ledger_commands
from minimon.clusters import cluster_commands
from minimon.creatures import SEED_BITS, Element, Rarity
from minimon.errors import LedgerLostError, StartError
from minimon.keys import Pair, PairFiles, checkpoint_files, load_pair, open_pair, signing_files, tls_context, tls_files
from minimon.logs import STDERR, set_up_logs
from minimon.moving import export_ledger, import_ledger, make_tables
from minimon.naming import print_names
from minimon.probe import probe_health
from minimon.rotation import replace_lost
from minimon.rotation import rotate as rotate_key
from minimon.scores.checkpoint_key import checkpoint_key_of
from minimon.scores.signing import signer_for
from minimon.sets import how_to_serve, make_set, plan_set
from minimon.settings import load_settings, unknown_variables

START_FAULT = 2
CHECKS: Mapping[str, Callable[[Pair], object]] = {
    "TLS": tls_context,
    "signing": signer_for,
    "checkpoint": checkpoint_key_of,
}
"""What each pair is for: raises StartError if it cannot do that."""
INTERRUPTED = 130

commands = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
key_commands = typer.Typer(no_args_is_help=True, help="Make, show, check or replace what the service signs with.")
commands.add_typer(key_commands, name="keys")
commands.add_typer(ledger_commands, name="ledger")
commands.add_typer(cluster_commands, name="cluster")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command. A fault at start is a line each on standard error and status 2, never a traceback."""
    _keep_standard_streams()
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


def _keep_standard_streams() -> None:
    """Open what is closed of standard input, output and error: no socket or file of ours may take their numbers."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


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
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until the service handles them itself
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    settings = load_settings()
    set_up_logs(settings)
    for line in unknown_variables(os.environ):
        structlog.get_logger(__name__).warning(line)
    from minimon import server  # noqa: PLC0415 - the other commands, and each process of `verify`, need no web

    with tables.load_bar() as show:
        uvloop.run(server.serve(settings, tables.greet, show), loop_factory=server.Loop)


@commands.command()
def generate(
    *,
    out: Annotated[Path, typer.Option(help="The PNG file; with --count, the folder.")],
    seed: Annotated[int | None, typer.Option(help="Draw the creature of this seed again.", min=0)] = None,
    count: Annotated[int | None, typer.Option(help="Draw so many new creatures, a set for `files`.", min=1)] = None,
) -> None:
    """Draw pictures into files, with the settings of the service and without it. Nothing is overwritten."""
    if seed is not None and count is not None:
        raise typer.BadParameter("--seed draws one picture: leave --count out")
    settings = load_settings()
    set_up_logs(settings, STDERR)
    with tables.load_bar() as show, tables.count_bar() as tell:
        minted = uvloop.run(make_set(settings, plan_set(settings, out, seed, count), show, tell))
    tables.print_minted(minted)
    if count is not None:
        print(f"\nTo serve them: {how_to_serve(settings, out, count)}")


@commands.command()
def draw(
    *,
    seed: Annotated[int | None, typer.Option(min=0, max=2**SEED_BITS - 1, help="First seed; any if not given.")] = None,
    count: Annotated[int, typer.Option(min=1, max=4096, help="How many, one seed after the other.")] = 1,
    rarity: Annotated[Rarity | None, typer.Option(case_sensitive=False, help="Of one rarity only.")] = None,
    element: Annotated[Element | None, typer.Option(case_sensitive=False, help="Of one element only.")] = None,
    sheet: Annotated[Path | None, typer.Option(help="PNG file for all of them side by side.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Folder for an SVG file of each.")] = None,
    png: Annotated[Path | None, typer.Option(help="Folder for a PNG file of each.")] = None,
    side: Annotated[int | None, typer.Option(min=64, max=2048, help="Width of one, in pixels.")] = None,
) -> None:
    """Draw creatures: a contact sheet (minimons.png if nothing else is asked for), SVG files, PNG files."""
    from minimon import drawing  # noqa: PLC0415 - only this command needs the renderer

    first = SystemRandom().randrange(2**SEED_BITS - count) if seed is None else seed
    creatures = drawing.choose(first, count, rarity, element)
    for path in drawing.draw_all(creatures, sheet=sheet, svg=svg, png=png, side=side):
        print(path)


@commands.command()
def settings() -> None:
    """Print each variable with its value, where it came from, and what it means. Secrets are masked."""
    tables.print_settings(load_settings())


@commands.command()
def health() -> None:
    """Ask the service that these settings describe for its health: status 0 if it is well, 1 if not."""
    sys.exit(probe_health(load_settings()))


@commands.command()
def names(
    *,
    count: Annotated[int, typer.Option(min=1, max=10_000, help="How many names.")] = 20,
    remote: Annotated[bool, typer.Option("--remote", help="Ask the server at OPENAI_BASE_URL.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show each answer and what was made of it.")] = False,
) -> None:
    """Print names with the rarity and the element they are for, to see what a language or a prompt gives."""
    chosen = load_settings()
    set_up_logs(chosen, STDERR)
    sys.exit(uvloop.run(print_names(chosen, "remote" if remote else "local", count, explain=explain)))


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
    print("TLS pair, signing pair and checkpoint key: sound")


@key_commands.command()
def rotate(
    *,
    lost: Annotated[bool, typer.Option("--lost", help="The old key is lost: take up the pair in place.")] = False,
) -> None:
    """Replace the signing key; the ledger records that the old one hands over to the new one."""
    print((replace_lost if lost else rotate_key)(load_settings()))


@ledger_commands.command()
def migrate(
    *, writer: Annotated[str, typer.Option(help="Role that the service uses: it may read and add, no more.")] = ""
) -> None:
    """Make the tables in the database of MINIMON_LEDGER_URL, or bring them up to date."""
    print(make_tables(load_settings(), writer))


@ledger_commands.command("import")
def import_(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The ledger's file.")]) -> None:
    """Enter a file's ledger in the empty database of MINIMON_LEDGER_URL, byte for byte."""
    print(import_ledger(load_settings(), file))


@ledger_commands.command()
def export(file: Annotated[Path, typer.Argument(help="The new file.")]) -> None:
    """Write the ledger in the database of MINIMON_LEDGER_URL into a new file, byte for byte."""
    print(export_ledger(load_settings(), file))


def _all_files() -> list[PairFiles]:
    chosen = load_settings()
    return [tls_files(chosen), signing_files(chosen), checkpoint_files(chosen)]


def _load_all() -> list[Pair]:
    """Load every pair; raise one StartError with the faults of all."""
    pairs: list[Pair] = []
    faults: list[str] = []
    for files in _all_files():
        try:
            pairs.append(load_pair(files))
            CHECKS[files.purpose](pairs[-1])
        except StartError as error:
            faults.extend(error.faults)
    if faults:
        raise StartError(*faults)
    return pairs
