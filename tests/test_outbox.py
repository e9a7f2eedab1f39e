"""How what is written leaves: together, in order, in pieces that nobody copied."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minimon.outbox import MOST_HELD_BYTES, PIECE_BYTES, RECORD_BYTES, Outbox, pieces

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
