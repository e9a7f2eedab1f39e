"""How fast the engine works, from what it has measured: the ground of every wait that a client is told."""

from dataclasses import dataclass

WEIGHT = 0.2
"""How much the newest measurement counts: about the last ten decide."""


@dataclass(slots=True)
class Pace:
    """Seconds that one UNet call and one finished picture take. Starts from nothing; used under the worker's lock."""

    call_seconds: float = 0.0
    finish_seconds: float = 0.0

    def called(self, seconds: float) -> None:
        """Take in one UNet call, whatever its number of rows."""
        self.call_seconds = _mixed(self.call_seconds, seconds)

    def finished(self, seconds: float) -> None:
        """Take in one decoded picture."""
        self.finish_seconds = _mixed(self.finish_seconds, seconds)

    def wait(self, steps: int, pictures: int, slots: int, decoders: int = 0) -> float:
        """Return how many seconds it takes to do ``steps`` in rows of ``slots``, and to finish ``pictures``.

        They are added up: on a CPU both take the same cores, and on a card the same card.
        """
        calls = -(-steps // slots)
        return calls * self.call_seconds + pictures * self.finish_seconds / max(1, decoders)


def _mixed(before: float, new: float) -> float:
    return new if before == 0 else (1 - WEIGHT) * before + WEIGHT * new
