"""One backend stands in for another, and says so."""

import asyncio

import pytest

from minimon.creatures import Element, Rarity, Traits
from minimon.errors import GenerationFailedError, OverloadedError, StartingError
from minimon.images import Picture, Status
from minimon.images.fallback import FallbackImages

TRAITS = Traits(1, Rarity.F, Element.FIRE)


class Images:
    def __init__(self, name, fault=None, state="ready"):
        self.name, self.fault, self.state, self.slow = name, fault, state, name == "engine"

    async def draw(self, _traits, _name):
        if self.fault:
            raise self.fault
        return Picture.of(b"", self.name)

    def status(self):
        return Status(self.state, "loading", 7)


def draw(fault):
    return asyncio.run(FallbackImages(Images("engine", fault), Images("files"), "files").draw(TRAITS, "Aquapyre"))


@pytest.mark.parametrize(
    ("fault", "backend"), [(None, "engine"), (StartingError(seconds=1), "files"), (GenerationFailedError(), "files")]
)
def test_the_second_draws_where_the_first_cannot(fault, backend):
    assert draw(fault).backend == backend


def test_too_much_to_do_is_told_to_the_client():
    with pytest.raises(OverloadedError):
        draw(OverloadedError(seconds=1))


@pytest.mark.parametrize(("state", "stand_in"), [("starting", "files"), ("failed", "files"), ("ready", "")])
def test_the_service_is_ready_while_the_second_is_and_says_how_the_first_is(state, stand_in):
    images = FallbackImages(Images("engine", state=state), Images("files"), "files")
    assert images.slow
    assert images.status() == Status(state, "loading", 7, stand_in=stand_in)
    assert images.status().serves
