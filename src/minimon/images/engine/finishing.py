"""Pictures whose steps are done: decoded beside the next calls where the model allows it, then packed into PNGs."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from minimon.images import Picture
from minimon.images.engine.model import Model, OutOfMemoryError, PictureFaultError
from minimon.images.engine.pace import Pace
from minimon.images.engine.tickets import Ticket, failed
from minimon.tallies import PictureTallies

ENCODERS = 2


class Finisher:
    """Finishes the rows of one model, in its ``decoders`` threads; where it has none, in the caller's.

    ``changed`` guards everything and is told whenever something is.
    """

    def __init__(
        self, name: str, model: Model, pace: Pace, changed: threading.Condition, tallies: PictureTallies
    ) -> None:
        self._seconds = tallies.seconds
        self._name = name
        self._model = model
        self._pace = pace
        self._changed = changed
        self.under_way: set[Ticket] = set()
        self.returned: list[Ticket] = []
        """There was no memory to decode these."""
        self.crash: Exception | None = None
        """What a decoder met that is no fault of its picture alone."""
        self.finished = 0
        self._decoders = ThreadPoolExecutor(model.decoders, "decode") if model.decoders else None
        self._encoders = ThreadPoolExecutor(ENCODERS, "encode")

    def wants(self, rows: int) -> bool:
        """Say whether a call should be made now that it would have so many rows.

        A full one is made well ahead of the decoders; one with room left waits for more rows until they run dry.
        """
        full = rows >= self._model.slots
        return len(self.under_way) <= (2 * self._model.slots if full else self._model.decoders)

    def take(self, ticket: Ticket) -> None:
        """Finish a ticket whose row has no steps left."""
        self._seconds["steps"].observe(ticket.lap())
        with self._changed:
            self.under_way.add(ticket)
        if self._decoders:
            self._decoders.submit(self._decode, ticket)
        else:
            self._decode(ticket)

    def close(self) -> None:
        """Return when everything is finished that was taken."""
        if self._decoders:
            self._decoders.shutdown()
        self._encoders.shutdown()

    def give_up(self) -> None:
        """Begin nothing more, and wait for nothing."""
        if self._decoders:
            self._decoders.shutdown(wait=False, cancel_futures=True)
        self._encoders.shutdown(wait=False)

    def _decode(self, ticket: Ticket) -> None:
        began = time.perf_counter()
        try:
            encode = self._model.finish(ticket.row)
        except PictureFaultError as error:
            ticket.fail(failed(error))
            self._leave(ticket)
        except OutOfMemoryError:
            self._leave(ticket, again=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, the owner of the device has to know
            with self._changed:
                self.crash = error
                self._changed.notify_all()
        else:
            self._seconds["decode"].observe(ticket.lap())
            self._encoders.submit(self._encode, ticket, encode)
            self._leave(ticket, seconds=time.perf_counter() - began)

    def _leave(self, ticket: Ticket, *, again: bool = False, seconds: float = 0) -> None:
        with self._changed:
            self.under_way.discard(ticket)
            if again:
                self.returned.append(ticket)
            if seconds:
                self.finished += 1
                self._pace.finished(seconds)
            self._changed.notify_all()

    def _encode(self, ticket: Ticket, encode: Callable[[], bytes]) -> None:
        try:
            ticket.done(Picture.of(encode(), self._name))
            self._seconds["encode"].observe(ticket.lap())
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for the picture
            ticket.fail(failed(error))
