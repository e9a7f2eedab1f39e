"""What a connection costs the process that serves it."""

import ssl
import tracemalloc

import pytest

from minimon.keys import open_pair, tls_files
from minimon.server import uvicorn_config
from minimon.settings import Settings

MOST_READ = 256 * 1024
"""What uvloop asks for at each read."""


class Ends:
    """The two ends of a TLS connection that goes through memory."""

    def __init__(self, server_context: ssl.SSLContext, client_context: ssl.SSLContext) -> None:
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.server = server_context.wrap_bio(to_server, to_client, server_side=True)
        self.client = client_context.wrap_bio(to_client, to_server, server_hostname="localhost")

    def shake_hands(self) -> None:
        waiting = [self.client, self.server]
        while waiting:
            end = waiting.pop(0)
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                waiting.append(end)


@pytest.fixture
def ends() -> Ends:
    """The service's end of a connection, and that of a client that trusts it."""
    settings = Settings()
    pair = open_pair(tls_files(settings))
    context = uvicorn_config(None, settings).ssl  # type: ignore[arg-type]  # no application is asked
    assert context
    ends = Ends(context, ssl.create_default_context(cafile=pair.files.cert_path))
    ends.shake_hands()
    return ends


def test_a_small_request_over_tls_takes_little_memory_to_read(ends):
    ends.client.write(b"GET / HTTP/1.1\r\n\r\n")
    tracemalloc.start()
    assert ends.server.read(MOST_READ) == b"GET / HTTP/1.1\r\n\r\n"
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 32 * 1024


def test_a_large_body_over_tls_arrives_whole(ends):
    body = bytes(range(256)) * 400
    ends.client.write(body)
    read = b""
    while len(read) < len(body):
        read += ends.server.read(MOST_READ)
    assert read == body


def test_a_read_into_a_buffer_fills_no_more_than_it_is_asked_to(ends):
    ends.client.write(b"abcdef")
    buffer = bytearray(6)
    assert ends.server.read(4, buffer) == 4
    assert buffer == b"abcd\0\0"
