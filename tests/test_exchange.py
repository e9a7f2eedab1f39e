"""How an answer leaves: framed as HTTP wants it, in pieces that nobody copied, and never half in order."""

import asyncio

import pytest
from uvicorn.server import ServerState

from minimon.exchange import WHOLE
from minimon.protocol import PatientProtocol
from minimon.server import uvicorn_config
from minimon.settings import Settings

REQUEST = "{} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def body(part, *, more=False):
    return {"type": "http.response.body", "body": part, "more_body": more}


def start(*headers, status=200):
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def whole(*parts, headers=()):
    return {"type": WHOLE, "status": 200, "headers": headers, "parts": parts}


def ask(*messages, method="GET", pause=None):
    """Serve one request over a socket with these messages of an application; return what the client reads."""

    async def app(_scope, _receive, send):
        for message in messages:
            await send(message)
            if pause:
                await pause()

    async def run():
        config = uvicorn_config(app, Settings(tls=False))
        server = await asyncio.get_running_loop().create_server(
            lambda: PatientProtocol(config, ServerState(), {}), "127.0.0.1", 0
        )
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(REQUEST.format(method).encode())
            received = await reader.read()
            writer.close()
            await writer.wait_closed()
        return received

    head, _, rest = asyncio.run(run()).partition(b"\r\n\r\n")
    return head.decode().lower().split("\r\n"), rest


def test_the_parts_of_an_answer_come_in_their_order():
    lines, content = ask(start((b"content-length", b"6")), body(b"ab", more=True), body(b"cd", more=True), body(b"ef"))
    assert lines[0] == "http/1.1 200 ok"
    assert "connection: close" in lines
    assert content == b"abcdef"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_whole_answer_is_the_one_that_its_messages_would_be(method):
    other, length = (b"x-other", b"1"), (b"content-length", b"6")
    in_messages = (start(other, length), body(b"ab", more=True), body(b"cd", more=True), body(b"ef"))
    assert ask(whole(b"ab", b"cd", b"ef", headers=[other]), method=method) == ask(*in_messages, method=method)


@pytest.mark.parametrize("messages", [(whole(b"a"), whole(b"a")), (start(), whole(b"a"))], ids=["two", "half and one"])
def test_a_whole_answer_after_another_one_is_refused(messages, caplog):
    ask(*messages)
    assert "an answer has begun before this one" in caplog.text


@pytest.mark.parametrize("pause", [None, lambda: asyncio.sleep(0.01)])
def test_an_answer_of_unknown_length_is_sent_in_chunks_also_with_pauses_between(pause):
    lines, content = ask(start(), body(b"abc", more=True), body(b"", more=True), body(b"de"), pause=pause)
    assert "transfer-encoding: chunked" in lines
    assert content == b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"


def test_an_answer_to_head_has_the_length_and_no_body():
    lines, content = ask(start((b"content-length", b"3")), body(b"abc"), method="HEAD")
    assert "content-length: 3" in lines and content == b""


def test_an_answer_without_content_has_no_framing():
    lines, content = ask(start(status=304), body(b""))
    assert lines[0] == "http/1.1 304 not modified" and content == b""
    assert not any(line.startswith(("content-length", "transfer-encoding")) for line in lines)


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: b", b"a\nb", b"a\rb", b"a\0b"])
def test_a_header_that_would_begin_another_ends_the_connection(value):
    assert ask(start((b"x", value)), body(b"")) == ([""], b"")


@pytest.mark.parametrize("part", [b"ab", b"abcd"])
def test_a_body_of_another_length_than_was_said_ends_the_connection(part):
    _, content = ask(start((b"content-length", b"3")), body(part))
    assert len(content) != 3


@pytest.mark.parametrize("messages", [[body(b"")], [start(), start()]])
def test_messages_out_of_order_are_no_answer(messages):
    lines, _ = ask(*messages)
    assert lines[0] in {"http/1.1 500 internal server error", ""}
