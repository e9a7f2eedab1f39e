"""Make what is written from the settings: the tables of variables in the README files, and ``.env.example``.

``python docs/tables.py`` writes them anew; a test holds that they agree with ``settings.py``.
"""

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

from minimon.images.engine.flags import WAYS, Way
from minimon.settings import VARIABLES, Variable

DOCS = Path(__file__).parent
ROOT = DOCS.parent
FLAGS_BEGIN, END_FLAGS = "<!-- flags: made by `make docs` -->\n", "<!-- end of flags -->"
BEGIN, END = "<!-- variables: made by `make docs` -->\n", "<!-- end of variables -->"

Row = Callable[[Variable], tuple[str, str, str]]
"""Returns what is allowed, its unit and the meaning, in one language."""


def render() -> dict[str, str]:
    """Return the whole text of each file that holds something made from the settings."""
    return {
        "README.md": _with_table("README.md", ("Variable", "Default", "Allowed", "Meaning"), _english),
        "README.fr.md": _with_table("README.fr.md", ("Variable", "Défaut", "Valeurs", "Sens"), _french()),
        ".env.example": "".join(_env_lines()),
        "docs/sdxl.md": _with_flags("docs/sdxl.md"),
    }


def _english(variable: Variable) -> tuple[str, str, str]:
    return variable.allowed, variable.unit, variable.meaning


def _french() -> Row:
    words = tomllib.loads((DOCS / "variables.fr.toml").read_text())

    def row(variable: Variable) -> tuple[str, str, str]:
        unit = words["unit"][variable.unit] if variable.unit else ""
        return words["allowed"][variable.allowed], unit, words["meaning"][variable.name]

    return row


def _with_table(name: str, heads: tuple[str, ...], row: Row) -> str:
    before, _, rest = (ROOT / name).read_text().partition(BEGIN)
    rows = [heads, ("---",) * len(heads), *(_cells(variable, row) for variable in VARIABLES)]
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in rows)
    return before + BEGIN + table + END + rest.partition(END)[2]


def _with_flags(name: str) -> str:
    """Put the engine's table of flags between its marks."""
    before, _, rest = (ROOT / name).read_text().partition(FLAGS_BEGIN)
    heads = ("Flag", "Value", "Applied", "Where", "What it is")
    lines = [(f"`{w.flag}`", f"`{w.value}`", f"`{w.applied}`", _needs(w), w.why) for w in WAYS]
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in (heads, ("---",) * len(heads), *lines))
    return before + FLAGS_BEGIN + table + END_FLAGS + rest.partition(END_FLAGS)[2]


def _needs(way: Way) -> str:
    return f"{way.needs} (only where it is set)" if way.on_request else str(way.needs)


def _cells(variable: Variable, row: Row) -> tuple[str, ...]:
    allowed, unit, meaning = row(variable)
    default = f"`{variable.default}`" if variable.default else ""
    return f"`{variable.name}`", default, f"{allowed} ({unit})" if unit else allowed, meaning


def _env_lines() -> Iterator[str]:
    yield "# Copy to .env and change what you need. Every line shows the default.\n"
    for variable in VARIABLES:
        unit = f" ({variable.unit})" if variable.unit else ""
        yield f"\n# {variable.meaning.replace('`', '')}\n# Allowed: {variable.allowed}{unit}\n"
        yield f"#{variable.name}={variable.default}\n"


if __name__ == "__main__":
    for name, text in render().items():
        (ROOT / name).write_text(text)
