"""Whether anybody is at a cluster's address: Ray itself waits for minutes where nobody is."""

import socket
from typing import Final
from urllib.parse import urlsplit

KNOCK_SECONDS: Final = 5.0


def knock(address: str) -> None:
    """Raise OSError if nobody listens at ``address``. Of ``auto`` nothing is known before Ray looks for it."""
    if address == "auto":
        return
    place = urlsplit(address if "://" in address else f"ray://{address}")
    with socket.create_connection((place.hostname or "", place.port or 0), KNOCK_SECONDS):
        pass
