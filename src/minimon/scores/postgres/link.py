"""The writer's connection: kept, given up when it breaks, made again with growing pauses."""

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
import structlog

from minimon.scores.postgres.connecting import Address, Connection, UnfitServerError, connect, ends_the_session, words
from minimon.scores.storing import BrokenLedgerError, NotWrittenError, UnknownOutcomeError

PATIENCE_SECONDS = 8.0
"""A batch waits so long for a server that went away: a restart or a change of primary costs no request then."""
PAUSES = (0.0, 0.05, 0.1, 0.2, 0.4)
LONGEST_PAUSE = 0.8

R = TypeVar("R")

_log = structlog.get_logger(__name__)


class Link:
    """The connection, for one thread. ``reachable`` says whether the last use of it got an answer."""

    def __init__(self, address: Address, connection: Connection) -> None:
        self.reachable = True
        self.committing = False
        """Whether a COMMIT was sent whose answer has not come."""
        self._address = address
        self._connection: Connection | None = connection
        self._away_since = 0.0

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def once(self, work: Callable[[Connection], R]) -> R:
        """Do ``work``, on a new connection if there is none. Raises NotWrittenError, UnknownOutcomeError."""
        self.committing = False
        try:
            self._connection = self._connection or connect(self._address)
            result = work(self._connection)
        except (psycopg.Error, UnfitServerError) as error:
            raise self._fault(error) from error
        except BaseException:
            self.close()
            raise
        self._see(reachable=True)
        return result

    def patiently(self, work: Callable[[Connection], R]) -> R:
        """Do ``work``, again and again while the server is away; ``work`` may have been done before.

        Raises NotWrittenError or UnknownOutcomeError: at once if the server answers and refuses, or has been away for
        longer than anybody waits for it.
        """
        until = (time.monotonic() if self.reachable else self._away_since) + PATIENCE_SECONDS
        unknown, pauses = False, iter(PAUSES)
        while True:
            try:
                return self.once(work)
            except (NotWrittenError, UnknownOutcomeError, BrokenLedgerError) as error:
                unknown = unknown or isinstance(error, UnknownOutcomeError)
                pause = next(pauses, LONGEST_PAUSE)
                if self.reachable or isinstance(error, BrokenLedgerError) or time.monotonic() + pause > until:
                    if unknown:
                        raise UnknownOutcomeError(str(error)) from error
                    raise
            time.sleep(pause)

    def _fault(self, error: Exception) -> Exception:
        """Give up the connection, and say what is known of the batch."""
        alive = self._connection is not None and not self._connection.closed and not ends_the_session(error)
        unknown = self.committing and not alive
        self.close()
        self._see(reachable=alive, cause=words(error))
        return UnknownOutcomeError(words(error)) if unknown else NotWrittenError(words(error))

    def _see(self, *, reachable: bool, cause: str = "") -> None:
        if reachable != self.reachable:
            self._away_since = time.monotonic()
            line = "the ledger's database is back" if reachable else "the ledger's database is away"
            (_log.info if reachable else _log.error)(
                line, ledger=self._address.shown, **({"cause": cause} if cause else {})
            )
        self.reachable = reachable
