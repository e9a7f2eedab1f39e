"""The thread that owns the device: loads a model, fills its slots from a bounded queue, starts again after a crash."""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace

import structlog

from minimon.errors import StartError
from minimon.images import Picture, Status
from minimon.images.engine.finishing import Finisher
from minimon.images.engine.model import Model, Order, OutOfMemoryError, Report
from minimon.images.engine.pace import Pace
from minimon.images.engine.tickets import START_RETRY_SECONDS, Ticket, failed
from minimon.images.refusals import overloaded, starting
from minimon.tallies import PictureTallies, Spread

_log = structlog.get_logger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0


class Worker:
    """Draws pictures in a thread of its own. ``submit`` may be called from any thread and never blocks.

    ``load`` makes the model, in that thread, and is called again after a crash. ``most`` orders wait at most, none of
    them for longer than ``patience`` seconds as far as can be foreseen.
    """

    def __init__(self, name: str, load: Callable[[Report], Model], *, most: int, patience: float) -> None:
        self._name = name
        self._load = load
        self._most = most
        self.patience = patience
        self._changed = threading.Condition()
        self._waiting: deque[Ticket] = deque()
        self._active: list[Ticket] = []
        self._finisher: Finisher | None = None
        self._pace = Pace()
        self._model: Model | None = None
        self._status = Status("starting", "waiting", 0)
        self._closing = False
        self._was_ready = False
        self._pause = FIRST_PAUSE
        self.tallies = PictureTallies({stage: Spread() for stage in ("queue", "steps", "decode", "encode")})
        self._thread = threading.Thread(target=self._live, name=f"{name} engine", daemon=True)

    def start(self) -> None:
        """Begin to load."""
        self._thread.start()

    def close(self) -> None:
        """End the thread after the call it is in; whoever still waits gets a StartingError. Blocks."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        if self._finisher:
            self._finisher.close()
        self._fail_all()

    def status(self) -> Status:
        """Say how the engine is, with the queue as it stands."""
        with self._changed:
            queue = {"waiting": len(self._waiting), "in_slots": len(self._active), "slots": self._slots}
            times = {"call_ms": _ms(self._pace.call_seconds), "finish_ms": _ms(self._pace.finish_seconds)}
            facts = {**self._status.facts, **queue, **times}
            return replace(self._status, wait_seconds=self._wait_ahead(), facts=facts)

    @property
    def slots(self) -> int:
        """How many orders it works at together; 0 while it cannot."""
        with self._changed:
            return self._slots if self._status.state == "ready" else 0

    def submit(self, order: Order, steps: int) -> Future[Picture]:
        """Queue an order that takes so many steps.

        Raises StartingError while there is no model, OverloadedError if the queue is full or the wait too long.
        """
        with self._changed:
            if self._status.state != "ready":
                raise starting(START_RETRY_SECONDS)
            wait = self._wait_ahead()
            if len(self._waiting) >= self._most or wait > self.patience:
                raise overloaded(wait)
            ticket = Ticket(order, steps)
            self._waiting.append(ticket)
            self._changed.notify_all()
        ticket.future.add_done_callback(lambda future: self._forget(ticket) if future.cancelled() else None)
        return ticket.future

    def _forget(self, ticket: Ticket) -> None:
        """Let nobody wait behind a ticket whose client has gone."""
        with self._changed, suppress(ValueError):
            self._waiting.remove(ticket)

    def wait_ahead(self) -> float:
        """Return the seconds until everything that is here now will be done."""
        with self._changed:
            return self._wait_ahead()

    def _wait_ahead(self) -> float:
        finishing = len(self._finisher.under_way) if self._finisher else 0
        here = [*self._waiting, *self._active]
        decoders = self._model.decoders if self._model else 0
        return self._pace.wait(sum(ticket.left for ticket in here), len(here) + finishing, self._slots, decoders)

    @property
    def _slots(self) -> int:
        return self._model.slots if self._model else 1

    # What follows runs in the worker's own thread.

    def _live(self) -> None:
        while not self._closing:
            try:
                self._serve(*self._load_model())
            except StartError as error:
                self._set(Status("failed" if not self._was_ready else "starting", "failed", fault=str(error)))
                if not self._was_ready:
                    return
                _log.error("engine cannot load", backend=self._name, fault=str(error), again_in_seconds=self._pause)
                self._rest()
            except Exception:  # noqa: BLE001 - the thread's outermost handler: the engine comes back whatever it was
                if self._finisher and self._finisher.finished:
                    self._pause = FIRST_PAUSE
                _log.exception("engine crashed", backend=self._name, restart_in_seconds=self._pause)
                self._fail_after_crash()
                self._rest()

    def _load_model(self) -> tuple[Model, Finisher]:
        def report(stage: str, done: float) -> None:
            self._set(Status("starting", stage, int(100 * done)))

        report("loading", 0)
        model = self._load(report)
        finisher = Finisher(self._name, model, self._pace, self._changed, self.tallies)
        with self._changed:
            self._model, self._finisher = model, finisher
        self._was_ready = True
        self._set(Status("ready", flags=model.flags, facts=model.facts))
        _log.info("engine ready", backend=self._name, slots=model.slots, **model.facts)
        return model, finisher

    def _set(self, status: Status) -> None:
        with self._changed:
            self._status = status

    def _rest(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closing, self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _serve(self, model: Model, finisher: Finisher) -> None:
        while self._wait_for_work(finisher):
            if finisher.crash:
                raise finisher.crash
            self._take_back(model, finisher)
            self._admit(model)
            self._step(model)
            self._finish(finisher)

    def _wait_for_work(self, finisher: Finisher) -> bool:
        """Sleep until there is something to do; say whether there is, or the end has come."""

        def due() -> bool:
            rows = len(self._waiting) + len(self._active)
            return bool(self._closing or finisher.crash or finisher.returned or (rows and finisher.wants(rows)))

        with self._changed:
            self._changed.wait_for(due)
            return not self._closing

    def _take_back(self, model: Model, finisher: Finisher) -> None:
        """Put into slots again what found no memory to be decoded; with fewer slots there may be enough."""
        with self._changed:
            self._active += finisher.returned
            returned = len(finisher.returned)
            finisher.returned.clear()
        if returned:
            self._shrink(model)

    def _admit(self, model: Model) -> None:
        while ticket := self._next(model):
            self.tallies.seconds["queue"].observe(ticket.lap())
            self._active.append(ticket)  # first, so that a crash in ``begin`` fails this one too
            ticket.row = model.begin(ticket.order)

    def _next(self, model: Model) -> Ticket | None:
        """Take the next ticket that somebody still waits for, if a slot is free."""
        with self._changed:
            while self._waiting and len(self._active) < model.slots:
                ticket = self._waiting.popleft()
                if ticket.future.set_running_or_notify_cancel():
                    return ticket
            return None

    def _step(self, model: Model) -> None:
        """Take every active row one step further."""
        due = [ticket.row for ticket in self._active if ticket.row.left]
        while due:
            began = time.perf_counter()
            try:
                model.step(due[: model.slots])
            except OutOfMemoryError:
                self._shrink(model)
                continue
            self.tallies.batch_fill.observe(min(len(due), model.slots) / model.slots)
            due = due[model.slots :]
            self._pace.called(time.perf_counter() - began)

    def _shrink(self, model: Model) -> None:
        """Go on with fewer slots, and say so with the flags. Raises OutOfMemoryError when there are no fewer."""
        if not model.shrink():
            raise OutOfMemoryError
        _log.warning("out of memory: fewer slots", backend=self._name, slots=model.slots)
        for flag in model.flags:
            _log.info("flag", flag=flag.name, requested=flag.requested, applied=flag.applied, reason=flag.reason)

    def _finish(self, finisher: Finisher) -> None:
        done = [ticket for ticket in self._active if not ticket.row.left]
        with self._changed:
            self._active = [ticket for ticket in self._active if ticket.row.left]
        for ticket in done:
            finisher.take(ticket)

    def _fail_after_crash(self) -> None:
        self._set(Status("starting", "restarting", 0))
        with self._changed:
            under_way = [*self._active, *(self._finisher.under_way if self._finisher else ())]
            self._active, self._model = [], None
        for ticket in under_way:
            ticket.fail(failed())
        if self._finisher:
            self._finisher.give_up()
            self._finisher = None  # and with it the model, whose memory the next one needs
        self._fail_all()

    def _fail_all(self) -> None:
        """Fail everything that is still open."""
        with self._changed:
            tickets = [*self._active, *self._waiting]
            self._active = []
            self._waiting.clear()
        for ticket in tickets:
            ticket.fail(starting(START_RETRY_SECONDS))


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 2)
