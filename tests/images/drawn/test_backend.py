"""The backend: in every form, off the event loop, on every core."""

import asyncio
import io

from PIL import Image

from minimon.creatures import Element, Rarity, Traits
from minimon.images import PNG, SVG, WEBP, raw, raw_forms
from minimon.images.drawn.backend import draw_picture, open_drawn
from minimon.images.drawn.pool import core_count
from minimon.images.drawn.scene import scene_svg
from minimon.settings import Settings

ONE = Traits(1, Rarity.S, Element.WATER)


def with_backend(work, **settings):
    async def run():
        async with open_drawn(Settings(**settings)) as backend:
            return await work(backend)

    return asyncio.run(run())


def test_the_backend_draws_what_the_functions_draw_in_every_form():
    async def work(backend):
        assert raw_forms(backend) == (PNG, WEBP, SVG)
        assert await backend.draw(ONE, "") == draw_picture(ONE, 96)
        assert await backend.draw_svg(ONE) == scene_svg(ONE).encode()
        for form, name in ((PNG, "PNG"), (WEBP, "WEBP")):
            image = Image.open(io.BytesIO(await raw(await backend.draw(ONE, ""), form)))
            assert (image.format, image.size) == (name, (96, 96))

    with_backend(work, drawn_size=96)


def test_the_event_loop_runs_on_while_many_are_drawn():
    """It turns far more often than there are pictures."""

    async def work(backend):
        drawing = asyncio.gather(*(backend.draw(Traits(seed, Rarity.S_PLUS, Element.FIRE), "") for seed in range(8)))
        turns = 0
        while not drawing.done():
            await asyncio.sleep(0)
            turns += 1
        assert backend.status().facts["processes"] == core_count()
        return turns

    assert with_backend(work, drawn_size=512) > 100
