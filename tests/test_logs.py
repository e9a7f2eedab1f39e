"""Logs: one event is one line, whoever wrote it and whatever it holds."""

import contextlib
import json
import logging
import os
import tempfile
import threading
from contextvars import copy_context
from functools import cached_property

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from minimon import log_writer
from minimon.logs import INVISIBLE, begin_request, end_request, set_up_logs, visible
from minimon.settings import Settings

NASTY = "a\nb\r\x1b[2J\x00\x85\u2028\u2029\u202e\u200b\ud800\u009b"
FOREIGN = ["uvicorn.error", "any.library"]


@pytest.fixture(autouse=True)
def restore():
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()


class Log:
    """A log that goes to a file of its own."""

    def __init__(self, **settings):
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115 - closed in ``text``
        self._writer = set_up_logs(Settings(**settings), self._file.fileno())

    @cached_property
    def text(self):
        """What the log holds in the end."""
        self._writer.close()
        with self._file:
            self._file.seek(0)
            return self._file.read()


def lines(log):
    text = log.text
    assert text.endswith("\n") or not text
    return text.split("\n")[:-1]


def records(log):
    return [json.loads(line) for line in lines(log)]


def test_a_line_of_json_has_time_level_event_and_what_was_said():
    log = Log()
    structlog.get_logger("minimon.x").info("request", status=200, ms=1.5)
    (record,) = records(log)
    assert list(record)[:3] == ["time", "level", "event"]
    assert record["time"].endswith("Z")
    expected = {"level": "info", "event": "request", "status": 200, "ms": 1.5, "logger": "minimon.x"}
    assert expected.items() <= record.items()


@pytest.mark.parametrize("name", FOREIGN)
def test_lines_of_libraries_have_the_same_form(name):
    log = Log()
    logging.getLogger(name).warning("%d of %s", 2, "three")
    (record,) = records(log)
    assert (record["level"], record["event"], record["logger"]) == ("warning", "2 of three", name)


@pytest.mark.parametrize("log_json", [True, False])
def test_what_is_bound_to_a_request_is_in_every_line_of_it(log_json):
    log = Log(log_json=log_json)

    def serve():
        begin_request("the-id")
        structlog.get_logger("ours").info("one")
        logging.getLogger("theirs").info("two")
        end_request(logger="edge")

    copy_context().run(serve)
    assert all("the-id" in line for line in lines(log))
    assert len(lines(log)) == 3


@pytest.mark.parametrize(
    ("level", "shown"),
    [("DEBUG", 4), ("INFO", 3), ("WARN", 2), ("WARNING", 2), ("ERROR", 1), ("warn", 2)],
)
def test_the_level_decides_what_is_logged_of_ours_and_of_libraries(level, shown):
    log = Log(log_level=level)
    copy_context().run(lambda: (begin_request("the-id"), end_request(logger="edge", status=200)))
    for logger in (structlog.get_logger("ours"), logging.getLogger("theirs")):
        for method in ("debug", "info", "warning", "error"):
            getattr(logger, method)("x")
    of_requests = [line for line in lines(log) if "the-id" in line]
    assert len(of_requests) == (shown >= 3)
    assert len(lines(log)) == 2 * shown + len(of_requests)


def test_a_fault_is_logged_with_its_traceback_within_its_line():
    log = Log()
    fail_and_log("forged\nline")
    (record,) = records(log)
    assert "Traceback" in record["exception"] and "KeyError" in record["exception"]


def fail_and_log(message):
    try:
        {}[message]
    except KeyError:
        structlog.get_logger("x").exception("failed")


@given(st.text(), st.text(), st.text(min_size=1))
def test_whatever_is_logged_is_one_line_of_json(event, value, key):
    log = Log()
    structlog.get_logger("x").info("event", **{f"k{key}": value, "list": [value]})
    logging.getLogger("y").info("%s", event)
    ours, theirs = records(log)
    assert theirs["event"] == event
    assert (ours[f"k{key}"], ours["list"]) == (value, [value])


@pytest.mark.parametrize("value", [NASTY, 2**70, b"\xff", {1: 2}, {"a": {NASTY}}, object(), float("nan"), 1j, None])
def test_no_value_keeps_a_line_from_being_written(value):
    log = Log()
    structlog.get_logger("x").info("event", value=value)
    (record,) = records(log)
    assert record["event"] == "event"


@given(st.text(st.characters(categories=list(INVISIBLE)) | st.characters()), st.text())
def test_a_line_of_text_cannot_be_forged(event, value):
    log = Log(log_json=False)
    structlog.get_logger("x").info("event", value=value, nested=[value])
    logging.getLogger("y").info("%s", event)
    text = log.text
    assert len(text.splitlines()) == 2 and text.count("\n") == 2
    assert visible(text[:-1].replace("\n", "")) == text[:-1].replace("\n", "")


def test_each_line_of_a_traceback_in_text_is_marked_so_that_none_passes_for_an_event():
    log = Log(log_json=False)
    fail_and_log("x\n2026-01-01T00:00:00Z [info] all is well")
    first, *rest = lines(log)
    assert "failed" in first
    assert rest and all(line.startswith("  | ") for line in rest if line)


@pytest.mark.parametrize("text", ["plain", "Nébulo", "ピカ", "a b", "\\n"])
def test_text_that_people_can_see_is_left_as_it_is(text):
    assert visible(text) == text


def test_what_people_cannot_see_is_escaped():
    assert visible(NASTY) == "a\\nb\\r\\x1b[2J\\x00\\x85\\u2028\\u2029\\u202e\\u200b\\ud800\\x9b"


def test_no_colours_go_into_a_file():
    log = Log(log_json=False)
    structlog.get_logger("x").error("event", key="value")
    assert "\x1b" not in log.text


@contextlib.contextmanager
def pipe():
    """A log into a pipe: what reads it, and what logs into it."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as reader, os.fdopen(writing) as end:
        yield reader, set_up_logs(Settings(), writing), end


def test_a_reader_that_went_away_does_not_stop_the_service(capsys):
    with pipe() as (reader, writer, _):
        reader.close()
        structlog.get_logger("x").info("event")
        writer.close()
    assert capsys.readouterr() == ("", "")


def test_a_reader_that_reads_nothing_holds_up_nobody_and_learns_what_it_has_missed(monkeypatch):
    monkeypatch.setattr(log_writer, "MOST_WAITING", 1_000_000)
    log = structlog.get_logger("x")
    with pipe() as (reader, writer, end):
        count = 20_000  # some 2 MB, where a pipe holds 64 KB: this would wait for ever
        for number in range(count):
            log.info("event", number=number)
        received = []
        reading = threading.Thread(target=lambda: received.extend(iter(lambda: reader.read(65536), b"")))
        reading.start()
        while not any(b"log lines lost" in data for data in received):
            log.info("event", number=count)
            count += 1
        writer.close()
        end.close()
        reading.join()
    found = [json.loads(line) for line in b"".join(received).splitlines()]
    lost = sum(record["lines"] for record in found if record["event"] == "log lines lost")
    numbers = [record["number"] for record in found if record["event"] == "event"]
    assert numbers == sorted(numbers)
    assert len(numbers) + lost == count and lost > 0


@pytest.mark.parametrize("log_json", [True, False])
def test_a_value_that_changes_later_is_logged_as_it_was(log_json):
    log, values = Log(log_json=log_json), ["first"]
    structlog.get_logger("ours").info("event", values=values, plain="also")
    values.append("second")
    (line,) = lines(log)
    assert "first" in line and "also" in line and "second" not in line
