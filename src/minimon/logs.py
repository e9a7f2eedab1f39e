"""Logs: one line an event, JSON or text, our own records and those of every library alike."""

import atexit
import json
import logging
import os
import time
import unicodedata
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NamedTuple

import orjson
import structlog
from structlog.typing import EventDict

from minimon.log_writer import LogWriter
from minimon.settings import Settings

STDOUT, STDERR = 1, 2
INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode categories that could move the cursor, turn the text round or begin a line of their own."""


def set_up_logs(settings: Settings, descriptor: int = STDOUT) -> LogWriter:
    """Send every log record of this process to a file descriptor, in the form that the settings ask for.

    The lines are written by a thread, and those that wait when the process ends normally as well.
    """
    level = logging.getLevelNamesMapping()[settings.log_level]
    render = _render_json if settings.log_json else _text_renderer(colors=os.isatty(descriptor))
    writer = LogWriter(descriptor, lambda lines: render(_lost(lines)))
    atexit.register(writer.close)
    _requests.put = (lambda event: writer.put(render(event))) if level <= logging.INFO else None
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_describe],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            lambda _logger, _method, event: render(event).decode(),  # text is what a handler's formatter returns
        ],
    )
    logging.basicConfig(handlers=[_LibraryHandler(writer, formatter)], level=level, force=True)
    for chatty in ("httpx2", "httpcore2"):  # a line for each call, and more at DEBUG: ours say what matters
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            _describe,
            structlog.processors.format_exc_info,
            lambda _logger, _method, event: render(event),
        ],
        logger_factory=lambda name: _Logger(name, writer),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    return writer


class _Served(NamedTuple):
    """The request that a task serves."""

    request_id: str
    facts: dict[str, object]
    """What the line about it is to say."""


_SERVED: ContextVar[_Served | None] = ContextVar("served", default=None)


def begin_request(request_id: str) -> None:
    """Bind the id to every line of the request that this task serves."""
    _SERVED.set(_Served(request_id, {}))


class _Requests:
    """Where the lines about requests go: nowhere until logs are set up, or if they are to hold graver things only."""

    put: Callable[[EventDict], None] | None = None


_requests = _Requests()


def end_request(**facts: str | float) -> None:
    """Write the line about the request that this task serves: plain strings and numbers, and what was noted.

    Past structlog and its layers, since there is one for each request.
    """
    served = _SERVED.get()
    if _requests.put and served:
        _requests.put(
            {
                "time": _stamp(),
                "level": "info",
                "event": "request",
                **facts,
                **served.facts,
                "request_id": served.request_id,
            }
        )


def note(event: str, **facts: str | float) -> None:
    """Say something in the line about the request that is served, or in a line of its own where none is."""
    served = _SERVED.get()
    if served is None:
        structlog.get_logger(__name__).info(event, **facts)
    else:
        served.facts.update(facts)


class _Logger:
    """What structlog hands finished lines to, by the name of the level."""

    def __init__(self, name: str, writer: LogWriter) -> None:
        self.name = name
        self._writer = writer

    def debug(self, line: bytes) -> None:
        self._writer.put(line)

    def error(self, line: bytes) -> None:
        self._writer.put(line, soon=True)

    info = warning = debug
    critical = error


class _LibraryHandler(logging.Handler):
    """Takes the records of libraries, which log through the standard library."""

    def __init__(self, writer: LogWriter, formatter: logging.Formatter) -> None:
        super().__init__()
        self._writer = writer
        self.setFormatter(formatter)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._writer.put(_encoded(self.format(record)), soon=record.levelno >= logging.ERROR)
        except Exception:  # noqa: BLE001 - a line that cannot be made must not fail who wrote it
            self.handleError(record)


class _Stamp:
    """The time, in UTC to the microsecond. The part up to the second is made once a second."""

    def __init__(self) -> None:
        self._known = (0, "")

    def __call__(self) -> str:
        now = time.time()
        second, text = self._known
        if second != int(now):
            second = int(now)
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._known = second, text
        return f"{text}.{int((now - second) * 1e6):06}Z"


_stamp = _Stamp()


def _describe(logger: Any, method: str, event: EventDict) -> EventDict:
    """Say when, how grave, where from and for which request: in one step, as there is a line for each request."""
    record = event.get("_record")  # of a library
    head = {"time": _stamp(), "level": method, "event": event.pop("event")}
    event["logger"] = record.name if record else logger.name
    served = _SERVED.get()
    if served:
        event["request_id"] = served.request_id
    return {**head, **event}


def _lost(lines: int) -> EventDict:
    """Return what stands where lines are missing."""
    return {"time": _stamp(), "level": "warning", "event": "log lines lost", "lines": lines}


def _render_json(event: EventDict) -> bytes:
    try:
        line = orjson.dumps(event, default=str)
    except TypeError:  # half a surrogate pair, a huge number: slower, but the line is written
        return json.dumps(event, default=str).encode()
    if line.isascii() and b"\x7f" not in line:  # nearly every line: the other control characters are escaped already
        return line
    return _escape_in_json(line.decode()).encode()


def _escape_in_json(line: str) -> str:
    """Escape what could forge or hide a line; JSON itself lets most of it stand."""
    if line.isprintable():
        return line
    return "".join(
        json.dumps(character)[1:-1] if unicodedata.category(character) in INVISIBLE else character for character in line
    )


def _text_renderer(*, colors: bool) -> Callable[[EventDict], bytes]:
    render = structlog.dev.ConsoleRenderer(colors=colors, timestamp_key="time")
    return lambda event: _encoded(render(None, event["level"], escape_invisible(event)))


def _encoded(line: str) -> bytes:
    return line.encode("utf-8", "backslashreplace")


def escape_invisible(event: EventDict) -> EventDict:
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
