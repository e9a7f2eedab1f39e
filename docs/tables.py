"""Make what is written from the settings: the tables of variables in the README files, and ``.env.example``.

``python docs/tables.py`` writes them anew; a test holds that they agree with ``settings.py``.
"""

from collections.abc import Iterator
from pathlib import Path

from minimon.settings import VARIABLES, Variable

ROOT = Path(__file__).parent.parent
BEGIN, END = "<!-- variables: made by `make docs` -->\n", "<!-- end of variables -->"
HEADS = {
    "README.md": ("Variable", "Default", "Allowed", "Meaning"),
    "README.fr.md": ("Variable", "Défaut", "Valeurs (en anglais)", "Sens (en anglais)"),
}


def render() -> dict[str, str]:
    """Return the whole text of each file that holds something made from the settings."""
    readmes = {name: _with_table((ROOT / name).read_text(), heads) for name, heads in HEADS.items()}
    return readmes | {".env.example": "".join(_env_lines())}


def _with_table(text: str, heads: tuple[str, ...]) -> str:
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    rows = [heads, ("---",) * len(heads), *map(_row, VARIABLES)]
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return before + BEGIN + table + END + after


def _row(variable: Variable) -> tuple[str, ...]:
    default = f"`{variable.default}`" if variable.default else ""
    allowed = variable.allowed + (f" ({variable.unit})" if variable.unit else "")
    return f"`{variable.name}`", default, allowed.replace("|", "\\|"), variable.meaning


def _env_lines() -> Iterator[str]:
    yield "# Copy to .env and change what you need. Every line shows the default.\n"
    for variable in VARIABLES:
        unit = f" ({variable.unit})" if variable.unit else ""
        yield f"\n# {variable.meaning.replace('`', '')}\n# Allowed: {variable.allowed}{unit}\n"
        yield f"#{variable.name}={variable.default}\n"


if __name__ == "__main__":
    for name, text in render().items():
        (ROOT / name).write_text(text)
