"""Ask a running service for its health, for container health checks."""

import http.client
import ssl
import sys

from minimon.settings import Settings

SECONDS = 5


def probe_health(settings: Settings) -> int:
    """Ask ``/health`` of the service that ``settings`` describe: 0 if it answers 200, else 1 and a line to stderr.

    The certificate is not verified: the question goes to this machine and carries no secret.
    """
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - not bound here
    if settings.tls:
        context = ssl._create_unverified_context()  # noqa: S323, SLF001 - see above
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, settings.port, timeout=SECONDS, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, settings.port, timeout=SECONDS)
    try:
        connection.request("GET", "/health")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        print(f"minimon: no answer from {host} port {settings.port}: {error}", file=sys.stderr)
        return 1
    finally:
        connection.close()
    return 0 if status == http.HTTPStatus.OK else 1
