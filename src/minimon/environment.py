"""Where the values of the variables come from: the environment, then a folder of secrets, then ``.env``."""

import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from dotenv.parser import Binding, Original, parse_stream

from minimon.errors import StartError

ENV_FILE = "MINIMON_ENV_FILE"
SECRETS_DIR = "MINIMON_SECRETS_DIR"
"""Names the folder where Docker or Kubernetes puts secrets: a file for each variable, with its name."""
NEWLINE = re.compile(r"\r\n|\n|\r")


class Given(NamedTuple):
    """A value that somebody set."""

    text: str
    variable: str
    """The spelling that was found, with or without the prefix."""
    origin: str
    """Where it was found: ``environment``, or the path of the folder or file."""


def spellings(variable: str) -> tuple[str, ...]:
    """Return the names under which a variable is read, the one that wins first."""
    return (variable,) if variable.startswith("MINIMON_") else (f"MINIMON_{variable}", variable)


def read_given(variables: Iterable[str], environ: Mapping[str, str]) -> dict[str, Given]:
    """Return what is set for each of ``variables``; the environment wins over secrets, and they over the file.

    An empty value counts as set to the default: it hides what comes later and is left out.
    Raises StartError if folder or file cannot be read.
    """
    path, folder = environ.get(ENV_FILE, ""), environ.get(SECRETS_DIR, "")
    sources = [("environment", environ), (folder, read_secrets(folder)), (path or ".env", read_env_file(path))]
    found = {variable: given for variable in variables if (given := _first(variable, sources))}
    return {variable: given for variable, given in found.items() if given.text}


def _first(variable: str, sources: Iterable[tuple[str, Mapping[str, str]]]) -> Given | None:
    for origin, values in sources:
        for spelling in spellings(variable):
            if spelling in values:
                return Given(values[spelling], spelling, origin)
    return None


def read_secrets(folder: str) -> dict[str, str]:
    """Read each file of ``folder``, by its name; nothing if ``folder`` is empty. A line's end at the end is left out.

    What is no file is passed over, and so are hidden names: Kubernetes keeps the files in such folders.
    """
    if not folder:
        return {}
    try:
        files = [file for file in Path(folder).iterdir() if file.is_file() and not file.name.startswith(".")]
        return {file.name: file.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r") for file in files}
    except (OSError, UnicodeDecodeError) as error:
        place = getattr(error, "filename", None) or folder
        raise StartError(f"{place}: cannot be read ({_cause(error)}): correct {SECRETS_DIR} or the file") from error


def read_env_file(path: str) -> dict[str, str]:
    """Read ``path``, or ``.env`` of the working folder if ``path`` is empty and the file is there.

    Values are taken as they stand: ``$`` is not expanded, so that a secret may hold one.
    """
    file = Path(path or ".env")
    if not path and not file.exists():
        return {}
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        remedy = f"correct {ENV_FILE} or make the file readable" if path else "make the file readable or remove it"
        raise StartError(f"{file}: cannot be read ({_cause(error)}): {remedy}") from error
    return _parse(file, text)


def _parse(file: Path, text: str) -> dict[str, str]:
    bindings = list(parse_stream(io.StringIO(text)))
    wrong = [_line(binding.original) for binding in bindings if binding.error or _is_bare(binding)]
    if wrong:
        raise StartError(*(f"{file}, line {line}: not of the form NAME=value: correct or remove it" for line in wrong))
    return {binding.key: binding.value or "" for binding in bindings if binding.key}


def _is_bare(binding: Binding) -> bool:
    """Say whether a name stands alone: nobody can tell what it was meant to be."""
    return binding.key is not None and binding.value is None


def _line(original: Original) -> int:
    """Return where a binding's own text begins: the parser counts the blank lines before it as part of it."""
    text = original.string
    return original.line + len(NEWLINE.findall(text[: len(text) - len(text.lstrip())]))


def _cause(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "it is not UTF-8"
