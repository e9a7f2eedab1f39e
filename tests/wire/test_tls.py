"""TLS as clients meet it."""

import socket
import ssl

import pytest

REQUEST = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_that_comes_again_need_not_shake_hands_anew(service, version):
    context = ssl.create_default_context(cafile=service.folder / "certs/cert.pem")
    context.minimum_version = context.maximum_version = version

    def ask(session):
        plain = socket.create_connection(("localhost", service.port), timeout=20)
        with context.wrap_socket(plain, server_hostname="localhost", session=session) as stream:
            stream.sendall(REQUEST)
            assert stream.recv(65536).startswith(b"HTTP/1.1 200")  # tickets of TLS 1.3 come with the first answer
            return stream.session_reused, stream.session

    reused, session = ask(None)
    assert not reused
    assert ask(session)[0]
