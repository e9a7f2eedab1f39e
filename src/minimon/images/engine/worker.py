"""The thread that owns the device: loads a model, fills its slots from a bounded queue, starts again after a crash."""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from minimon.errors import GenerationFailedError, OverloadedError, StartError, StartingError
from minimon.images import Picture, Status
from minimon.images.engine.model import Model, Order, OutOfMemoryError, PictureFaultError, Report
from minimon.images.engine.pace import Pace

_log = structlog.get_logger(__name__)

ENCODERS = 2
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
START_RETRY_SECONDS = 10


@dataclass(eq=False, slots=True)
class Ticket:
    """An order in the queue, or in a slot. Its future can be cancelled until it has a slot."""

    order: Order
    steps: int
    deadline: float
    future: Future[Picture] = field(default_factory=Future)
    row: Any = None


class Worker:
    """Draws pictures in a thread of its own. ``submit`` may be called from any thread and never blocks.

    ``load`` makes the model, in that thread, and is called again after a crash. ``most`` orders wait at most;
    one that has waited ``patience`` seconds of ``clock`` is refused before it costs a step.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[Report], Model],
        *,
        most: int,
        patience: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._load = load
        self._most = most
        self._patience = patience
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: deque[Ticket] = deque()
        self._active: list[Ticket] = []
        self._pace = Pace()
        self._slots = 1
        self._status = Status("starting", "waiting", 0)
        self._closing = False
        self._was_ready = False
        self._pause = FIRST_PAUSE
        self._encoders = ThreadPoolExecutor(ENCODERS, "encode")
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
        self._fail_all(StartingError(seconds=START_RETRY_SECONDS, headers=_retry(START_RETRY_SECONDS)))
        self._encoders.shutdown()

    def status(self) -> Status:
        """Say how the engine is, with the queue as it stands."""
        with self._changed:
            queue = {"waiting": len(self._waiting), "in_slots": len(self._active), "slots": self._slots}
            times = {"call_ms": _ms(self._pace.call_seconds), "finish_ms": _ms(self._pace.finish_seconds)}
            facts = {**self._status.facts, **queue, **times}
            return replace(self._status, wait_seconds=self._wait_ahead(), facts=facts)

    def submit(self, order: Order, steps: int) -> Future[Picture]:
        """Queue an order that takes so many steps.

        Raises StartingError while there is no model, OverloadedError if the queue is full or the wait too long.
        """
        with self._changed:
            if self._status.state != "ready":
                raise StartingError(seconds=START_RETRY_SECONDS, headers=_retry(START_RETRY_SECONDS))
            wait = self._wait_ahead()
            if len(self._waiting) >= self._most or wait > self._patience:
                raise _overloaded(wait)
            ticket = Ticket(order, steps, self._clock() + self._patience)
            self._waiting.append(ticket)
            self._changed.notify_all()
        return ticket.future

    def _wait_ahead(self) -> float:
        """Return the seconds until everything that is here now will be done."""
        here = [*self._waiting, *self._active]
        steps = sum(ticket.row.left if ticket.row else ticket.steps for ticket in here)
        return self._pace.wait(steps, len(here), self._slots)

    # What follows runs in the worker's own thread.

    def _live(self) -> None:
        while not self._closing:
            try:
                self._serve(self._load_model())
            except StartError as error:
                self._set(Status("failed" if not self._was_ready else "starting", "failed", fault=str(error)))
                if not self._was_ready:
                    return
                self._rest()
            except Exception:  # noqa: BLE001 - the thread's outermost handler: the engine comes back whatever it was
                _log.exception("engine crashed", backend=self._name, restart_in_seconds=self._pause)
                self._fail_after_crash()
                self._rest()

    def _load_model(self) -> Model:
        def report(stage: str, done: float) -> None:
            self._set(Status("starting", stage, int(100 * done)))

        report("loading", 0)
        model = self._load(report)
        self._slots = model.slots
        self._was_ready = True
        self._set(Status("ready", flags=model.flags, facts=model.facts))
        _log.info("engine ready", backend=self._name, slots=model.slots, **model.facts)
        return model

    def _set(self, status: Status) -> None:
        with self._changed:
            self._status = status

    def _rest(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closing, self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _serve(self, model: Model) -> None:
        while self._wait_for_work():
            self._admit(model)
            self._step(model)
            self._finish(model)

    def _wait_for_work(self) -> bool:
        """Sleep until there is something to do; say whether there is, or the end has come."""
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._waiting or self._active)
            return not self._closing

    def _admit(self, model: Model) -> None:
        while ticket := self._next():
            self._active.append(ticket)  # first, so that a crash in ``begin`` fails this one too
            ticket.row = model.begin(ticket.order)

    def _next(self) -> Ticket | None:
        """Take the next ticket that somebody still waits for, if a slot is free."""
        with self._changed:
            while self._waiting and len(self._active) < self._slots:
                ticket = self._waiting.popleft()
                if not ticket.future.set_running_or_notify_cancel():
                    continue
                if self._clock() <= ticket.deadline:
                    return ticket
                ticket.future.set_exception(_overloaded(self._wait_ahead()))
            return None

    def _step(self, model: Model) -> None:
        """Take every active row one step further."""
        due = [ticket.row for ticket in self._active if ticket.row.left]
        while due:
            began = time.perf_counter()
            try:
                model.step(due[: self._slots])
            except OutOfMemoryError:
                self._shrink(model)
                continue
            due = due[self._slots :]
            self._pace.called(time.perf_counter() - began)

    def _shrink(self, model: Model) -> None:
        """Go on with fewer slots; raises the OutOfMemoryError being handled when there are no fewer."""
        if not model.shrink():
            raise  # noqa: PLE0704 - called while one is handled
        self._slots = model.slots
        _log.warning("out of memory: fewer slots", backend=self._name, slots=self._slots)

    def _finish(self, model: Model) -> None:
        for ticket in [ticket for ticket in self._active if not ticket.row.left]:
            began = time.perf_counter()
            try:
                encode = model.finish(ticket.row)
            except OutOfMemoryError:
                self._shrink(model)
                continue  # stays active; tried again in the next round
            except PictureFaultError as error:
                self._active.remove(ticket)
                ticket.future.set_exception(_caused(error))
                continue
            self._active.remove(ticket)
            self._pace.finished(time.perf_counter() - began)
            self._pause = FIRST_PAUSE
            self._encoders.submit(self._encode, ticket.future, encode)

    def _encode(self, future: Future[Picture], encode: Callable[[], bytes]) -> None:
        try:
            future.set_result(Picture.of(encode(), self._name))
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for the future
            future.set_exception(_caused(error))

    def _fail_after_crash(self) -> None:
        self._set(Status("starting", "restarting", 0))
        for ticket in self._active:
            ticket.future.set_exception(GenerationFailedError())
        self._active.clear()
        self._fail_all(StartingError(seconds=START_RETRY_SECONDS, headers=_retry(START_RETRY_SECONDS)))

    def _fail_all(self, error: Exception) -> None:
        """Fail everything that is still open."""
        with self._changed:
            tickets = [*self._active, *self._waiting]
            self._active.clear()
            self._waiting.clear()
        for ticket in tickets:
            if ticket.row is not None or ticket.future.set_running_or_notify_cancel():
                ticket.future.set_exception(error)


def _overloaded(wait: float) -> OverloadedError:
    seconds = max(1, -int(-wait // 1))
    return OverloadedError(seconds=seconds, headers=_retry(seconds))


def _retry(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)}


def _caused(error: Exception) -> GenerationFailedError:
    failed = GenerationFailedError()
    failed.__cause__ = error
    return failed


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 2)
