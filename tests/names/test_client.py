"""One question to a server over the wire: what is sent, what is understood, and each fault by its name."""

import asyncio
import socket

import orjson
import pytest
from structlog.testing import capture_logs

from minimon.errors import StartError
from minimon.names.client import MOST_BYTES, open_client
from minimon.settings import Settings
from minimon.upstream.faults import FetchError

MESSAGES = [{"role": "user", "content": "Name one."}]
SCHEMA = {"type": "object"}
KEY = "sk-a-key-that-no-log-may-show"


def settings(base_url, **others):
    defaults = {"openai_model": "m", "openai_api_key": KEY, "openai_timeout": 10}
    return Settings(openai_base_url=base_url, **defaults | others)


def ask(base_url, times=1, **others):
    """Return the last answer of one client that asks some times."""

    async def run():
        async with open_client(settings(base_url, **others)) as client:
            for _ in range(times - 1):
                await client.complete(MESSAGES, SCHEMA)
            return await client.complete(MESSAGES, SCHEMA)

    return asyncio.run(run())


def fault(base_url, **others):
    with pytest.raises(FetchError) as caught:
        ask(base_url, **others)
    assert KEY not in caught.value.detail
    return caught.value


def reply(wire, content="hello"):
    return wire.say(content)


def test_a_question_carries_model_messages_schema_and_key(server):
    assert "Vel" in ask(server.base_url)
    (asked,) = server.asked
    assert asked.head.startswith("POST /v1/chat/completions HTTP/1.1\r\n")
    assert f"authorization: bearer {KEY}" in asked.head.lower()
    assert (asked.body["model"], asked.body["messages"]) == ("m", MESSAGES)
    assert asked.body["response_format"]["json_schema"]["schema"] == SCHEMA


def test_connections_are_kept(server):
    ports = set()
    behave = server.behaviour

    async def watch(asked, writer):
        ports.add(writer.get_extra_info("peername")[1])
        await behave(asked, writer)

    server.behaviour = watch
    ask(server.base_url, times=3)
    assert (len(server.asked), len(ports)) == (3, 1)


def test_a_slash_at_the_end_changes_nothing(server):
    ask(server.base_url + "/")
    assert server.asked[0].head.startswith("POST /v1/chat/completions ")


def test_an_empty_key_is_not_sent(server):
    async def run():
        async with open_client(Settings(openai_base_url=server.base_url, openai_api_key="")) as client:
            await client.complete(MESSAGES, SCHEMA)

    asyncio.run(run())
    assert "authorization" not in server.asked[0].head.lower()


def test_every_failure_has_its_word(server, failure):
    server.behaviour, word = failure
    if word == "no_name":  # the client cannot know
        assert ask(server.base_url)
    else:
        assert fault(server.base_url, openai_timeout=0.4 if word == "timeout" else 10).fault == word


def test_nobody_listens():
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
    assert fault(f"http://localhost:{port}/v1").fault == "unreachable"


def test_a_name_that_does_not_resolve(monkeypatch):
    def fail(*_args, **_options):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert fault("http://names.invalid/v1").fault == "dns"


def test_a_certificate_that_nobody_trusts(tls_server):
    assert fault(tls_server.base_url).fault == "tls"
    assert tls_server.asked == []


def test_a_server_that_does_not_speak_tls(server, wire):
    server.greeting = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    assert fault(server.base_url.replace("http:", "https:")).fault == "tls"


def test_a_server_that_is_silent_during_the_handshake():
    with socket.create_server(("localhost", 0)) as silent:
        assert fault(f"https://localhost:{silent.getsockname()[1]}/v1", openai_timeout=0.4).fault == "timeout"


def test_a_long_but_sound_answer_is_read(server, wire):
    server.behaviour = reply(wire, "x" * (MOST_BYTES - 1000))
    assert len(ask(server.base_url)) == MOST_BYTES - 1000


def refusing(wire, kinds, status="400 Bad Request"):
    async def behave(asked, writer):
        kind = asked.body.get("response_format", {}).get("type", "none")
        await (wire.answer(status) if kind in kinds else wire.say(kind))(asked, writer)

    return behave


@pytest.mark.parametrize("status", ["400 Bad Request", "422 Unprocessable Entity", "501 Not Implemented"])
@pytest.mark.parametrize(
    ("kinds", "accepted"),
    [([], "json_schema"), (["json_schema"], "json_object"), (["json_schema", "json_object"], "none")],
)
def test_a_form_that_the_server_refuses_is_not_asked_for_again(server, wire, kinds, accepted, status):
    server.behaviour = refusing(wire, kinds, status)
    assert ask(server.base_url, times=2) == accepted
    assert len(server.asked) == len(kinds) + 2


def test_the_last_form_holds_nothing_that_a_server_could_refuse(server, wire):
    server.behaviour = refusing(wire, ["json_schema", "json_object"])
    ask(server.base_url)
    assert set(server.asked[-1].body) == {"model", "messages"}


def test_a_server_that_refuses_everything_is_asked_in_full_the_next_time(server, wire):
    async def run():
        async with open_client(settings(server.base_url)) as client:
            server.behaviour = wire.answer("400 Bad Request")
            with pytest.raises(FetchError):
                await client.complete(MESSAGES, SCHEMA)
            server.behaviour = refusing(wire, [])
            return await client.complete(MESSAGES, SCHEMA)

    assert asyncio.run(run()) == "json_schema"


def test_steps_down_share_one_budget(server, wire):
    server.behaviour = wire.after(0.25, wire.answer("400 Bad Request"))
    assert fault(server.base_url, openai_timeout=0.4).fault == "timeout"
    assert len(server.asked) == 2


def test_the_key_goes_nowhere_but_to_the_address_that_was_set(server, wire, second_server):
    server.behaviour = wire.answer(
        "308 Permanent Redirect", b"", f"Location: {second_server.base_url}/chat/completions"
    )
    assert fault(server.base_url).fault == "redirect"
    assert second_server.asked == []


@pytest.mark.parametrize(
    ("path", "answer", "hint"),
    [
        ("", b"404 page not found", "/v1?"),
        ("/v2", b"404 page not found", "/v2/v1?"),
        ("/v1", b"404 page not found", "correct OPENAI_BASE_URL"),
        ("/v1", b'{"error":{"message":"model \\"m\\" not found"}}', "correct OPENAI_MODEL"),
    ],
)
def test_a_404_says_what_to_correct(server, wire, path, answer, hint):
    server.behaviour = wire.answer("404 Not Found", answer)
    assert hint in fault(server.base_url.removesuffix("/v1") + path).detail


def test_retry_after_is_understood(server, wire):
    server.behaviour = wire.answer("429 Too Many Requests", b"", "Retry-After: 7")
    assert fault(server.base_url).retry_after_s == 7


def test_content_is_logged_only_on_request_without_the_key_escaped_and_cut(server, wire):
    server.behaviour = reply(wire, f"\u202e{KEY}" + "x" * 5000)
    with capture_logs() as quiet:
        ask(server.base_url)
    with capture_logs() as logs:
        ask(server.base_url, log_remote_content=True)
    assert quiet == []
    (line,) = logs
    assert KEY not in orjson.dumps(line).decode()
    assert "\\u202e********xxx" in line["content"] and "\u202e" not in line["content"]
    assert len(line["content"]) < 2100


def test_an_address_that_cannot_be_one_stops_the_start():
    with pytest.raises(StartError, match=r"OPENAI_BASE_URL is 'http://é..b/v1'"):
        ask("http://é..b/v1")
