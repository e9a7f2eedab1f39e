"""``minimon draw``: choose creatures, draw them into a sheet or into files of their own."""

from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from minimon.creatures import Element, Rarity, Traits, draw_traits
from minimon.errors import StartError
from minimon.images.drawn.raster import png as encode_png
from minimon.images.drawn.scene import scene_svg
from minimon.images.drawn.sheets import draw_sheet
from minimon.images.drawn.svg import SIZE

EVEN = dict.fromkeys(Rarity, 1)
SHEET_SIDE = 160
DEFAULT_SHEET = Path("minimons.png")


def choose(first: int, count: int, rarity: Rarity | None, element: Element | None) -> list[Traits]:
    """Return the creatures of ``count`` seeds from ``first`` on.

    What is not given is drawn from the seed, each rarity as likely as the others, so that a sheet shows them all.
    """
    drawn = (draw_traits(EVEN, seed) for seed in range(first, first + count))
    return [Traits(one.seed, rarity or one.rarity, element or one.element) for one in drawn]


def draw_all(
    creatures: list[Traits], *, sheet: Path | None, svg: Path | None, png: Path | None, side: int | None
) -> list[Path]:
    """Write what was asked for, or a sheet if nothing was, and return where it is. Raises StartError."""
    if svg:
        write_files(creatures, svg, "svg", side or SIZE)
    if png:
        write_files(creatures, png, "png", side or SIZE)
    if sheet or not (svg or png):
        sheet = sheet or DEFAULT_SHEET
        write_sheet(creatures, sheet, side or SHEET_SIDE)
    return [path for path in (sheet, svg, png) if path]


def write_sheet(creatures: list[Traits], path: Path, side: int) -> None:
    """Draw creatures side by side into one PNG. Raises StartError if it cannot be written."""
    columns = min(8, len(creatures))
    _with_bar(len(creatures), path, lambda done: draw_sheet(creatures, path, columns=columns, side=side, done=done))


def write_files(creatures: list[Traits], folder: Path, form: str, side: int) -> None:
    """Draw each creature into a file of ``folder``, which is made; ``form`` is svg or png. Raises StartError."""

    def write(done: Callable[[], None]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for traits in creatures:
            svg = scene_svg(traits)
            content = svg.encode() if form == "svg" else encode_png(svg, side)
            (folder / f"{file_name(traits)}.{form}").write_bytes(content)
            done()

    _with_bar(len(creatures), folder, write)


def file_name(traits: Traits) -> str:
    """Return the name of a creature's file, without its ending: it holds all that is needed to draw it again."""
    return f"{traits.seed}-{traits.rarity.replace('+', 'plus')}-{traits.element}"


def _with_bar(total: int, path: Path, work: Callable[[Callable[[], None]], None]) -> None:
    """Do long work with a bar on standard error, shown only to a person."""
    console = Console(stderr=True)
    with Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("drawing", total=total)
        try:
            work(lambda: progress.advance(task))
        except OSError as error:
            raise StartError(f"{path}: cannot be written ({error.strerror}): name another place") from error
