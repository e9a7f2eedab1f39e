"""Logs: one line an event, JSON or text, our own records and those of every library alike."""

import io
import json
import logging
import sys
import unicodedata
from typing import TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from minimon.settings import Settings

INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode categories that could move the cursor, turn the text round or begin a line of their own."""


def set_up_logs(settings: Settings, stream: TextIO | None = None) -> None:
    """Send every log record of this process to ``stream`` (standard output), in the form that the settings ask for."""
    stream = stream or sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # whatever the locale, no line is lost
    level = logging.getLevelNamesMapping()[settings.log_level]
    render = _json() if settings.log_json else _text(colors=stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    logging.raiseExceptions = False  # a reader that closed our output must not fill the other one with tracebacks
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for chatty in ("httpx2", "httpcore2"):  # a line for each call, and more at DEBUG: ours say what matters
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
]


def _json() -> list[Processor]:
    return [structlog.processors.format_exc_info, _render_json]


def _render_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    first = {key: event.pop(key) for key in ("time", "level", "event")}
    record = first | dict(event)
    try:
        line = orjson.dumps(record, default=str).decode()
    except TypeError:  # half a surrogate pair, a huge number: slower, but the line is written
        return json.dumps(record, default=str)
    return line if line.isascii() else _escape_in_json(line)


def _escape_in_json(line: str) -> str:
    """Escape what could forge or hide a line; JSON itself lets most of it stand."""
    return "".join(
        json.dumps(character)[1:-1] if unicodedata.category(character) in INVISIBLE else character for character in line
    )


def _text(*, colors: bool) -> list[Processor]:
    return [
        structlog.processors.format_exc_info,
        escape_invisible,
        structlog.dev.ConsoleRenderer(colors=colors, timestamp_key="time"),
    ]


def escape_invisible(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Escape what could forge or hide a line of a text log; each line of a traceback gets a mark of its own."""
    for key, value in event.items():
        if key == "exception":
            event[key] = "\n".join("  | " + visible(line) for line in str(value).split("\n"))
        elif isinstance(value, str):
            event[key] = visible(value)
    return event


def visible(text: str) -> str:
    """Return ``text`` with its invisible characters as backslash escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode() if unicodedata.category(character) in INVISIBLE else character
        for character in text
    )
