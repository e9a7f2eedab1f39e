"""How what is written leaves: together, in order, in pieces that nobody copied."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.server import ServerState

from minimon.exchange import WHOLE
from minimon.outbox import MOST_HELD_BYTES, PIECE_BYTES, RECORD_BYTES, Outbox, pieces
from minimon.protocol import PatientProtocol
from minimon.server import uvicorn_config
from minimon.settings import Settings

LENGTHS = st.lists(st.sampled_from([0, 1, 300, 16_383, 16_384, 16_385, 114_688, 480_000]), max_size=5)


@given(LENGTHS)
def test_pieces_hold_every_byte_in_order_and_only_the_last_record_is_short(lengths):
    parts = [bytes([number]) * length for number, length in enumerate(lengths)]
    found = list(pieces(parts))
    assert b"".join(b"".join(piece) for piece in found) == b"".join(parts)
    assert all(sum(map(len, piece)) == PIECE_BYTES for piece in found[:-1])
    buffers = [buffer for piece in found for buffer in piece]
    assert all(buffers) and not any(len(buffer) % RECORD_BYTES for buffer in buffers[:-1])


class Wire(asyncio.Transport):
    """What an outbox is in front of: it notes each call."""

    def __init__(self, *, tls):
        super().__init__({"sslcontext": object() if tls else None})
        self.calls = []

    def writelines(self, list_of_data):
        self.calls.append(b"".join(list_of_data))

    def close(self):
        self.calls.append("closed")

    def abort(self):
        self.calls.append("cut")

    def get_write_buffer_size(self):
        return 7

    def is_closing(self):
        return False

    def resume_reading(self):
        pass


async def on_a_wire(*, tls=False):
    wire = Wire(tls=tls)
    return wire, Outbox(wire, asyncio.get_running_loop())


@pytest.mark.parametrize("tls", [False, True])
def test_what_is_written_in_one_turn_leaves_together_at_its_end(tls):
    async def run():
        wire, outbox = await on_a_wire(tls=tls)
        outbox.write(b"ab")
        outbox.writelines([b"", b"cd"])
        assert not wire.calls and outbox.get_write_buffer_size() == 7 + 4
        await asyncio.sleep(0)
        assert wire.calls == [b"abcd"] and outbox.get_write_buffer_size() == 7
        outbox.write(b"e")
        await asyncio.sleep(0)
        assert wire.calls == [b"abcd", b"e"]

    asyncio.run(run())


def test_more_than_may_be_held_leaves_at_once():
    async def run():
        wire, outbox = await on_a_wire()
        outbox.write(bytes(MOST_HELD_BYTES))
        assert not wire.calls
        outbox.write(b"a")
        assert wire.calls == [bytes(MOST_HELD_BYTES) + b"a"]
        outbox.write(b"b")
        await asyncio.sleep(0)
        assert wire.calls[1:] == [b"b"]

    asyncio.run(run())


def test_what_has_not_left_is_counted_while_the_pieces_before_it_leave():
    async def run():
        wire, outbox = await on_a_wire(tls=True)
        sizes = []
        wire.writelines = lambda _: sizes.append(outbox.get_write_buffer_size() - wire.get_write_buffer_size())
        outbox.write(bytes(2 * PIECE_BYTES + 5))
        outbox.leave()
        assert sizes == [PIECE_BYTES + 5, 5, 0]

    asyncio.run(run())


def test_closing_comes_after_what_was_written_and_cutting_before():
    async def run():
        wire, outbox = await on_a_wire()
        outbox.write(b"last words")
        outbox.close()
        assert wire.calls == [b"last words", "closed"]
        outbox.write(b"unsaid")
        outbox.abort()
        await asyncio.sleep(0)
        assert wire.calls == [b"last words", "closed", "cut"]

    asyncio.run(run())


def test_nothing_is_sent_to_a_client_that_is_gone():
    async def run():
        wire, outbox = await on_a_wire()
        outbox.write(b"too late")
        outbox.drop()
        await asyncio.sleep(0)
        assert not wire.calls and outbox.get_write_buffer_size() == 7

    asyncio.run(run())


def order_of_work(connections):
    """Let a request come on each of so many connections in one turn; return what happened, in order."""
    happened = []

    class Told(Wire):
        def writelines(self, list_of_data):
            super().writelines(list_of_data)
            happened.append("answer leaves")

    async def app(_scope, _receive, send):
        happened.append("worked on")
        await send({"type": WHOLE, "status": 200, "headers": [], "parts": [b"a"]})
        happened.append("done")

    async def run():
        config, state = uvicorn_config(app, Settings(tls=False)), ServerState()
        for _ in range(connections):
            protocol = PatientProtocol(config, state, {})
            protocol.connection_made(Told(tls=False))
            protocol.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.gather(*state.tasks)
        await asyncio.sleep(0)

    asyncio.run(run())
    return happened


def test_requests_of_one_turn_are_all_worked_on_before_the_first_answer_leaves():
    assert order_of_work(3) == ["worked on", "done"] * 3 + ["answer leaves"] * 3


def test_the_answer_of_a_request_that_is_alone_leaves_at_once():
    assert order_of_work(1) == ["worked on", "answer leaves", "done"]


def test_a_client_that_ends_its_side_gets_the_answer_that_is_held():
    connections = []

    async def app(_scope, _receive, send):
        await send({"type": WHOLE, "status": 200, "headers": [], "parts": [b"a"]})
        if len(connections[0][0].calls) == 0:
            connections[0][1].eof_received()

    async def run():
        config, state = uvicorn_config(app, Settings(tls=False)), ServerState()
        for _ in range(2):
            connections.append((Wire(tls=False), PatientProtocol(config, state, {})))
            wire, protocol = connections[-1]
            protocol.connection_made(wire)
            protocol.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(0)
        return [call.partition(b" ")[2][:3] for call in connections[0][0].calls]

    assert asyncio.run(run()) == [b"200"]
