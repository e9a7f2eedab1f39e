"""Whether anybody is at a cluster's address."""

import socket

import pytest

from minimon.images.ray.knocking import knock


def test_somebody_is_there():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        knock(f"127.0.0.1:{port}")
        knock(f"ray://127.0.0.1:{port}")
    with pytest.raises(ConnectionRefusedError):
        knock(f"127.0.0.1:{port}")


def test_what_ray_looks_for_itself_is_left_to_it():
    knock("auto")
