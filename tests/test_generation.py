"""Minting: rarity first, then everything that follows from it."""

import asyncio
import json
import logging
from datetime import UTC, datetime
from random import Random

import pytest
import structlog

from minimon.creatures import Rarity
from minimon.draws import Draws
from minimon.errors import GenerationFailedError
from minimon.generation import Generator
from minimon.images import Picture
from minimon.logs import set_up_logs
from minimon.minting import Mint
from minimon.settings import Settings

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PNG = bytes(range(256))


class Names:
    slow = True

    def __init__(self, fault=None):
        self.fault = fault
        self.traits = []

    async def name(self, traits, **_options):
        self.traits.append(traits)
        if self.fault:
            raise self.fault
        return "Nébulo"


class Images(Names):
    slow = False
    batch = 1

    async def draw(self, traits, _name):
        await self.name(traits)
        return Picture.of(PNG, "files")


def mint(settings=None, names=None, images=None):
    settings = settings or Settings()
    making = Mint(settings, images or Images(), names or Names(), Draws(Random(1)), rng=Random(2), clock=lambda: NOW)
    return asyncio.run(Generator(settings, making).mint())


@pytest.fixture
def log(tmp_path):
    """Log as JSON; end the log and return what was logged."""
    path = tmp_path / "log"

    def lines():
        writer.close()
        return [json.loads(line) for line in path.read_text().splitlines()]

    with path.open("w") as stream:
        writer = set_up_logs(Settings(log_level="INFO"), stream.fileno())
        yield lines
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()


def test_name_and_picture_are_made_for_the_traits_that_the_creature_has():
    names, images = Names(), Images()
    minted = mint(names=names, images=images)
    assert names.traits == images.traits == [minted.creature.traits]
    assert (minted.creature.name, minted.picture.png, minted.generated_at) == ("Nébulo", PNG, NOW)


def test_the_rarity_is_drawn_by_the_weights_of_the_settings():
    assert mint(Settings(rarity_weights={Rarity.S_PLUS: 1})).creature.traits.rarity is Rarity.S_PLUS


@pytest.mark.parametrize("which", ["names", "images"])
def test_a_foreign_fault_of_a_backend_becomes_ours_and_keeps_its_cause(which):
    fault = ZeroDivisionError("out of memory on the device")
    backend = {"names": Names(fault), "images": Images(fault)}[which]
    with pytest.raises(GenerationFailedError) as caught:
        mint(**{which: backend})
    assert caught.value.__cause__ is fault
    assert "memory" not in caught.value.message("en")


def test_a_fault_that_a_backend_names_itself_is_passed_on():
    fault = GenerationFailedError()
    with pytest.raises(GenerationFailedError) as caught:
        mint(images=Images(fault))
    assert caught.value is fault


def test_one_line_is_logged_for_each_creature_and_no_picture(log):
    creature = mint().creature
    (line,) = log()
    assert {key: line[key] for key in ("event", "id", "name", "rarity", "backend")} == {
        "event": "generated",
        "id": creature.id,
        "name": "Nébulo",
        "rarity": creature.traits.rarity,
        "backend": "files",
    }
    assert not {"image_b64", "image_hex"} & line.keys()


def test_the_picture_or_its_first_bytes_are_logged_if_asked_for(log):
    mint(Settings(log_image_b64=True, log_sample_image_bytes=4))
    (line,) = log()
    assert line["image_b64"] == Picture.of(PNG, "files").base64.decode()
    assert line["image_hex"] == "00010203"


def test_no_creature_is_logged_that_was_not_made(log):
    with pytest.raises(GenerationFailedError):
        mint(images=Images(OSError("no")))
    assert log() == []
