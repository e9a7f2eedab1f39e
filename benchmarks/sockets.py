"""A TLS server on blocking sockets that answers each client once and keeps its connection: the least that Python needs.

Usage: sockets.py ROUTE=BYTES   It answers with so many bytes, head and body together.
"""

import json
import socket
import ssl
import sys

from minimon.settings import load_settings

HEAD = "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n"

if __name__ == "__main__":
    settings = load_settings()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(settings.tls_cert_path, settings.tls_key_path)
    size = int(sys.argv[1].partition("=")[2])
    body = b"a" * (size - len(HEAD.format(size)))
    answer = HEAD.format(len(body)).encode() + body
    kept = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(json.dumps({"event": "listening", "port": listener.getsockname()[1]}), flush=True)
        while True:
            connection = context.wrap_socket(listener.accept()[0], server_side=True)
            connection.recv(4096)
            connection.sendall(answer)
            kept.append(connection)
