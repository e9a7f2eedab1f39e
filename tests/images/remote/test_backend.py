"""Pictures from a server over the wire: what is asked, what is made of the answer, each fault and what it costs."""

import asyncio
import base64
import io
import socket
import time

import pytest
from PIL import Image
from structlog.testing import capture_logs
from tests.faulty import KEY, after, answer
from tests.painters import base64_of, file, holding, paints

from minimon.creatures import Element, Rarity, Traits
from minimon.errors import GenerationFailedError, OverloadedError, StartError, StartingError
from minimon.images.png import chunk
from minimon.images.prompts import prompt_of
from minimon.images.remote.backend import open_remote
from minimon.settings import Settings

TRAITS = Traits(2**52 + 5, Rarity.S_PLUS, Element.FIRE)


def settings(server, **others):
    defaults = {"openai_image_size": "64x64", "openai_image_timeout": 5, "openai_image_api_key": KEY}
    return Settings(openai_image_base_url=server.base_url, **defaults | others)


def with_backend(server, use, **others):
    """Run ``use``, given an open backend; return what it returns."""

    async def run():
        async with open_remote(settings(server, **others)) as images:
            return await use(images)

    return asyncio.run(run())


def draw(server, traits=TRAITS, **others):
    """Return one picture."""
    return with_backend(server, lambda images: images.draw(traits, "Noctyx"), **others)


def pixels(png):
    with Image.open(io.BytesIO(png)) as image:
        image.load()
        return image.convert("RGB").tobytes()


def until(found):
    """Wait for something, for at most 10 s."""
    for _ in range(1000):
        if found():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


def cause(server, **others):
    """Return the FetchError behind a picture that failed."""
    with pytest.raises(GenerationFailedError) as caught:
        draw(server, **others)
    assert KEY not in str(caught.value.__cause__)
    return caught.value.__cause__


def test_a_question_carries_prompt_size_seed_steps_and_key(server):
    picture = draw(server, openai_image_model="turbo")
    (asked,) = server.asked
    assert asked.head.startswith("POST /v1/images/generations HTTP/1.1\r\n")
    assert f"authorization: bearer {KEY}" in asked.head.lower()
    assert asked.body == {
        "model": "turbo",
        "prompt": prompt_of(TRAITS),
        "n": 1,
        "size": "64x64",
        "response_format": "b64_json",
        "seed": TRAITS.seed,
        "num_inference_steps": 4,  # vLLM-Omni, SGLang-Diffusion
        "step": 4,  # LocalAI
        "guidance_scale": 0.0,
    }
    assert pixels(picture.png) == pixels(file(TRAITS.seed))
    assert (picture.backend, base64.b64decode(picture.base64)) == ("openai", picture.png)


def test_what_is_not_set_is_left_to_the_server(server):
    draw(server, openai_image_api_key="")
    assert "model" not in server.asked[0].body
    assert "authorization" not in server.asked[0].head.lower()


def test_a_server_that_reads_31_bits_gets_as_many(server):
    draw(server, Traits(2**52 + 5, Rarity.F, Element.FIRE), openai_image_seed_bits=31)
    draw(server, Traits(2**52, Rarity.F, Element.FIRE), openai_image_seed_bits=31)
    assert [asked.body["seed"] for asked in server.asked] == [5, 1]


@pytest.mark.parametrize(("form", "options"), [("JPEG", {"quality": 95}), ("WEBP", {"lossless": True})])
def test_other_forms_become_png(server, form, options):
    made = file(form=form, **options)
    server.behaviour = base64_of(made)
    picture = draw(server)
    assert pixels(picture.png) == pixels(made)


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_a_picture_says_what_it_is_and_nothing_that_the_server_wrote(server, form):
    made = file(form=form, **({"pnginfo": _secret()} if form == "PNG" else {"exif": b"Exif\0\0secret"}))
    assert b"secret" in made
    server.behaviour = base64_of(made)
    png = draw(server).png
    with Image.open(io.BytesIO(png)) as image:
        image.load()
        said = dict(image.text)
    assert said.pop("versions").startswith("minimon ")
    assert said == {
        "name": "Noctyx", "rarity": "S+", "element": "fire", "seed": str(TRAITS.seed), "steps": "4",
    }  # fmt: skip
    assert b"secret" not in png


def _secret():
    from PIL.PngImagePlugin import PngInfo  # noqa: PLC0415

    info = PngInfo()
    info.add_text("parameters", "secret prompt")
    return info


def test_a_png_with_a_palette_and_what_follows_its_end_stays_whole(server):
    palette = io.BytesIO()
    Image.effect_noise((64, 64), 90).convert("P").save(palette, "PNG", transparency=3)
    server.behaviour = base64_of(palette.getvalue() + chunk(b"tEXt", b"a\0b"))
    assert pixels(draw(server).png) == pixels(palette.getvalue())


def test_every_failure_has_its_word(server, failure):
    server.behaviour, word = failure
    if word == "rate_limited":
        with pytest.raises(OverloadedError) as full:
            draw(server, openai_image_timeout=0.5)
        assert full.value.headers == {"Retry-After": "1"}
    else:
        assert cause(server, openai_image_timeout=0.5 if word == "timeout" else 10).fault == word


def test_nobody_listens():
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
    closed = type("Closed", (), {"base_url": f"http://localhost:{port}/v1"})
    assert cause(closed, openai_image_timeout=1).fault == "unreachable"


def test_a_fault_that_passes_costs_no_picture(server):
    faults = iter([answer("502 Bad Gateway"), answer("429 Too Many Requests", b"", "Retry-After: 0")])

    async def sometimes(asked, writer):
        await next(faults, paints)(asked, writer)

    server.behaviour = sometimes
    assert draw(server).png
    assert len(server.asked) == 3
    assert server.asked[0].body == server.asked[2].body, "the same picture is asked for"


def test_a_fault_that_does_not_pass_is_not_asked_for_again(server):
    server.behaviour = answer("401 Unauthorized")
    assert cause(server).fault == "unauthorized"
    assert len(server.asked) == 1


def test_a_server_that_asks_to_come_later_than_there_is_time_is_not_asked_again(server):
    server.behaviour = answer("503 Service Unavailable", b"", "Retry-After: 60")
    with pytest.raises(OverloadedError) as full:
        draw(server)
    assert full.value.headers == {"Retry-After": "60"}
    assert len(server.asked) == 1


def test_a_server_that_refuses_fields_is_asked_without_them_from_then_on(server):
    async def strict(asked, writer):
        known = asked.body.keys() <= {"prompt", "n", "size"}
        await (paints if known else answer("400 Bad Request"))(asked, writer)

    server.behaviour = strict

    async def twice(images):
        return [await images.draw(TRAITS, ""), await images.draw(TRAITS, "")]

    with_backend(server, twice)
    assert [len(asked.body) for asked in server.asked] == [8, 4, 3, 3]


# Addresses instead of files


def lies_at(address, content=None):
    """Answer a question with an address, and a GET with a picture."""

    async def behave(asked, writer):
        found = answer("200 OK", content or file()) if asked.head.startswith("GET ") else holding(url=address)
        await found(asked, writer)

    return behave


@pytest.mark.parametrize("address", ["/v1/images/7/content", "7/content", "http://localhost:{port}/generated/7.png"])
def test_a_picture_is_fetched_from_its_server_with_the_key(server, address):
    server.behaviour = lies_at(address.format(port=server.port))
    assert pixels(draw(server).png) == pixels(file())
    assert server.asked[1].head.startswith("GET /")
    assert f"authorization: bearer {KEY}" in server.asked[1].head.lower()


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:{other}/7.png",
        "https://localhost:{port}/7.png",
        "//localhost:{other}/7.png",
        "http://127.0.0.1:{port}/7.png",
        "http://me:you@localhost:{port}/7.png",
        "http://localhost:{port}@localhost:{other}/7.png",
        "gopher://localhost:{port}/7.png",
        "data:image/png;base64,AAAA",
    ],
)
def test_no_other_origin_is_called(server, second_server, address):
    server.behaviour = lies_at(address.format(port=server.port, other=second_server.port))
    assert cause(server).fault == "foreign"
    assert len(server.asked) == 1
    assert second_server.asked == []


def test_an_origin_that_is_allowed_is_called_without_the_key(server, second_server):
    origin = f"http://localhost:{second_server.port}"
    server.behaviour = lies_at(f"{origin}/bucket/7.png?signature=1")
    second_server.behaviour = answer("200 OK", file())
    assert draw(server, openai_image_url_origins=origin).png
    (fetched,) = second_server.asked
    assert fetched.head.startswith("GET /bucket/7.png?signature=1 ")
    assert "authorization" not in fetched.head.lower()


def test_a_redirect_of_a_picture_is_not_followed(server, second_server):
    async def behave(asked, writer):
        elsewhere = f"Location: http://localhost:{second_server.port}/"
        found = answer("302 Found", b"", elsewhere) if asked.head.startswith("GET ") else holding(url="/7.png")
        await found(asked, writer)

    server.behaviour = behave
    assert cause(server).fault == "redirect"
    assert second_server.asked == []


def test_a_file_that_is_too_long_is_not_read(server):
    server.behaviour = lies_at("/7.png", bytes(300_000))
    assert cause(server).fault == "too_large"


# Many at once


def test_so_many_at_once_so_many_that_wait_and_no_more(server):
    async def six(images):
        return await asyncio.gather(*(images.draw(TRAITS, "") for _ in range(6)), return_exceptions=True)

    server.behaviour = after(0.3, paints)
    done = with_backend(server, six, openai_image_calls=2, openai_image_queue=3)
    assert [type(one).__name__ for one in done] == ["Picture"] * 5 + ["OverloadedError"]
    assert int(done[5].headers["Retry-After"]) >= 1
    assert len(server.asked) == 5


def test_waiting_counts_as_time(server):
    async def two(images):
        return await asyncio.gather(images.draw(TRAITS, ""), images.draw(TRAITS, ""), return_exceptions=True)

    server.behaviour = after(3600, paints)
    first, second = with_backend(server, two, openai_image_calls=1, openai_image_timeout=0.4)
    assert isinstance(first, GenerationFailedError)
    assert isinstance(second, OverloadedError)
    assert len(server.asked) == 1


def test_cancelled_while_it_waits_it_costs_nothing_and_cancelled_later_it_is_finished(server):
    async def leave(images):
        working, waiting = (asyncio.ensure_future(images.draw(TRAITS, "")) for _ in range(2))
        await asyncio.to_thread(until, lambda: server.asked)
        working.cancel()
        waiting.cancel()
        return await asyncio.gather(working, waiting, return_exceptions=True)

    server.behaviour = after(0.2, paints)
    finished, left = with_backend(server, leave, openai_image_calls=1)
    assert finished.png
    assert isinstance(left, asyncio.CancelledError)
    assert len(server.asked) == 1


def test_a_slow_picture_is_asked_for_once_more_if_that_is_wanted(server):
    behaviours = iter([after(3600, paints), paints])

    async def behave(asked, writer):
        await next(behaviours)(asked, writer)

    server.behaviour = behave
    assert draw(server, openai_image_hedge=0.1).png
    assert len(server.asked) == 2


def test_a_fault_that_comes_soon_is_no_slow_picture(server):
    server.behaviour = answer("401 Unauthorized")
    assert cause(server, openai_image_hedge=1).fault == "unauthorized"
    assert len(server.asked) == 1


# A server that is broken


def test_a_broken_server_is_left_alone_and_noticed_when_it_works_again(server):
    server.behaviour = answer("401 Unauthorized")

    async def use(images):
        refused = []
        for _ in range(7):
            try:
                await images.draw(TRAITS, "")
            except (GenerationFailedError, StartingError) as error:
                refused.append(error)
        assert [type(error).__name__ for error in refused] == ["GenerationFailedError"] * 5 + ["StartingError"] * 2
        assert refused[-1].headers == {"Retry-After": "1"}
        assert len(server.asked) == 5
        assert (images.status().facts["server"], images.status().facts["last_fault"]) == ("open", "unauthorized")
        assert images.status().state == "ready", "an orchestrator that took the service away would mend nothing"
        server.behaviour = paints
        await asyncio.sleep(0.6)
        herd = await asyncio.gather(*(images.draw(TRAITS, "") for _ in range(6)), return_exceptions=True)
        assert sum(isinstance(one, StartingError) for one in herd) == 5
        assert len(server.asked) == 6, "one call finds out for all"
        assert (await images.draw(TRAITS, "")).png
        assert images.status().facts["server"] == "closed"

    with capture_logs() as logs:
        with_backend(server, use)
    news = [line["event"] for line in logs]
    assert news == ["image server fails", "image server works"]


def test_a_server_with_too_much_to_do_is_not_broken(server):
    async def ten(images):
        for _ in range(10):
            with pytest.raises(OverloadedError):
                await images.draw(TRAITS, "")
        return images.status().facts["server"]

    server.behaviour = answer("503 Service Unavailable", b"", "Retry-After: 60")
    assert with_backend(server, ten) == "closed"


def test_an_address_that_cannot_be_one_stops_the_start():
    with pytest.raises(StartError, match=r"OPENAI_IMAGE_BASE_URL is 'http://é..b/v1'"):
        draw(type("Odd", (), {"base_url": "http://é..b/v1"}))
