"""Minting: every rarity, what a player reads when it takes long or fails, and a page that works alone."""

import re
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import SECONDS, client_of, go, mint, ready

from minimon.creatures import Rarity

SLOW = Path(__file__).with_name("slow_service.py")
MOVING = {"reduced_motion": "no-preference"}
LONGEST = """() => {
  const moves = document.getAnimations().filter((it) => !(it instanceof CSSTransition || it instanceof CSSAnimation));
  return Math.max(0, ...moves.map((it) => it.effect.getTiming().duration));
}"""
"""How long the longest part lasts of the show that runs now, in ms."""


@pytest.fixture
def turned(visit, launch):
    """Mint one creature of a rarity; return the page and how long its card took to turn over."""

    def run(rarity, **options):
        page = visit(launch(MINIMON_RARITY_WEIGHTS=f"{rarity}=1"), **MOVING | options)
        page.locator("#mint").click()
        page.locator("#stage[data-rarity]").wait_for()
        length = page.evaluate(LONGEST)
        expect(page.locator("#mint")).to_have_attribute("aria-disabled", "false")
        return page, length

    return run


@pytest.mark.parametrize("rarity", list(Rarity))
def test_a_card_of_each_rarity_turns_over(turned, rarity):
    page, _ = turned(rarity)
    card = page.locator("#slot .card")
    assert page.locator("#slot .seal").inner_text() == rarity
    assert f", {rarity}, " in card.get_attribute("aria-label")
    assert card.locator("img").evaluate("(it) => it.complete && it.naturalWidth") == 512
    assert page.locator("#mint-said").inner_text().startswith(page.locator("#met .name").inner_text())


def test_the_spectacle_grows_with_the_rarity(turned):
    lengths = [turned(rarity)[1] for rarity in ("F", "B", "S", "S+")]
    assert lengths == sorted(set(lengths))
    assert lengths[-1] > 5 * lengths[0]


def test_the_spectacle_is_spared_those_who_want_no_motion(turned):
    page, length = turned("S+", reduced_motion="reduce")
    assert length <= 200
    assert page.locator("html.night").count() == 0
    assert page.locator("#sparks").evaluate("(it) => it.width") in {0, 300}


def test_nothing_goes_on_moving_beside_what_is_read(turned):
    page, _ = turned("S+")
    lasts = page.evaluate("document.getAnimations().map((it) => it.effect.getComputedTiming().endTime)")
    assert [it for it in lasts if it > 5000] == []  # WCAG 2.2, 2.2.2


def test_escape_ends_the_spectacle_at_once(visit, launch):
    page = visit(launch(MINIMON_RARITY_WEIGHTS="S+=1"), **MOVING)
    page.locator("#mint").click()
    page.locator("#stage[data-rarity]").wait_for()
    page.keyboard.press("Escape")
    assert page.evaluate(LONGEST) == 0


def test_a_backend_without_drawings_is_served_its_png(visit, launch):
    page = visit(launch(MINIMON_GENERATION_BACKEND="files"))
    name = mint(page)
    go(page, "collection")
    page.locator(f"#binder button[aria-label^='{name},']").click()
    expect(page.locator("#detail button", has_text="PNG")).to_have_count(1)
    expect(page.locator("#detail button", has_text="SVG")).to_have_count(0)


def test_the_page_takes_the_colour_of_the_element(visit, service):
    page = visit(service)
    mint(page)
    element = page.locator("html").get_attribute("data-element")
    assert page.locator("#slot .card").get_attribute("data-element") == element
    page.reload()
    ready(page)
    assert page.locator("html").get_attribute("data-element") == element


def test_after_a_429_the_wait_is_counted_down_on_the_button(visit, launch):
    page = visit(launch(MINIMON_RATE_LIMIT_PER_MIN="2"), allow="status of 429")
    name = mint(page)  # one request for the odds, one for the creature
    page.clock.install()
    page.locator("#mint").click()
    expect(page.locator("#mint-state")).to_contain_text("a little patience")
    expect(page.locator("#slot .name")).to_have_text(name)  # the last card lies there, and not one that is hidden
    expect(page.locator("#mint")).to_contain_text("Again in")
    expect(page.locator("#mint")).to_have_attribute("aria-disabled", "true")
    before = int("".join(filter(str.isdigit, page.locator("#mint").inner_text())))
    page.clock.run_for(5000)
    after = int("".join(filter(str.isdigit, page.locator("#mint").inner_text())))
    assert 4 <= before - after <= 6
    page.clock.run_for(60_000)
    expect(page.locator("#mint")).to_have_attribute("aria-disabled", "false")
    expect(page.locator("#mint")).to_have_text("Mint another")


@pytest.fixture
def slow(launch, tmp_path_factory):
    """A service whose engine loads and works when a test lets it; and the folder of the files that do so."""
    folder = tmp_path_factory.mktemp("slow")
    program = folder / SLOW.name
    shutil.copy(SLOW, program)
    try:  # an engine that is never let go would keep its process from ending
        yield launch(sys.executable, str(program), str(folder), MINIMON_GENERATION_BACKEND="slow"), folder
    finally:
        for name in ("loaded", "working"):
            (folder / name).touch()


def reached(client, fact, count):
    """Return once the engine says that so many orders are in a place: `in_slots` or `waiting`."""
    deadline = time.monotonic() + SECONDS
    while client.get("/v1/backend").json()["facts"][fact] < count:
        assert time.monotonic() < deadline


def test_while_the_engine_warms_up_the_page_says_how_far_it_is_and_then_mints(visit, slow):
    service, folder = slow
    page = visit(service, allow="status of 503")
    page.locator("#mint").click()
    expect(page.locator("#mint-state")).to_contain_text("warming up: loading, 40")
    assert page.locator("progress").get_attribute("value") == "40"
    for name in ("working", "loaded"):
        (folder / name).touch()
    expect(page.locator("#slot .front")).to_have_count(1)


def test_while_others_are_served_the_page_says_how_long_it_takes(visit, slow):
    service, folder = slow
    for name in ("working", "loaded"):
        (folder / name).touch()
    page = visit(service, allow="status of 503")
    mint(page)  # now the engine knows how fast it is
    (folder / "working").unlink()
    with client_of(service) as client, ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(client.get, "/v1/generate") for _ in range(3)]
        reached(client, "waiting", 2)
        page.locator("#mint").click()
        expect(page.locator("#mint-state")).to_contain_text(re.compile(r"About \d+\ss to go, 3 waiting"))
        (folder / "working").touch()
        assert [it.result().status_code for it in asked] == [200, 200, 200]
    expect(page.locator("#mint")).to_have_attribute("aria-disabled", "false")


def test_when_too_many_wait_the_page_says_so_and_counts_down(visit, slow):
    service, folder = slow
    for name in ("working", "loaded"):
        (folder / name).touch()
    page = visit(service, allow="status of 503")
    mint(page)
    (folder / "working").unlink()
    with client_of(service) as client, ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(client.get, "/v1/generate")]
        reached(client, "in_slots", 1)  # or the last of the three that wait would find no room
        asked += [pool.submit(client.get, "/v1/generate") for _ in range(3)]
        reached(client, "waiting", 3)
        page.locator("#mint").click()
        expect(page.locator("#mint-state")).to_contain_text("There is room in a moment")
        expect(page.locator("#mint")).to_contain_text("Again in")
        (folder / "working").touch()
        assert [it.result().status_code for it in asked] == [200] * 4
    expect(page.locator("#mint")).to_have_attribute("aria-disabled", "false")
    expect(page.locator("#mint-state")).to_be_empty()


def test_the_operator_sees_the_engine_and_its_queue(visit, slow):
    service, folder = slow
    page = visit(service, allow="status of 503")
    go(page, "service")
    pictures = page.locator("#service section", has=page.get_by_role("heading", name="Pictures"))
    expect(pictures).to_contain_text("Starting")
    expect(pictures).to_contain_text("loading, 40%")
    for name in ("working", "loaded"):
        (folder / name).touch()
    go(page, "mint")
    go(page, "service")
    expect(pictures).to_contain_text("Ready")  # at once, or after the page has asked again
    for fact in ("Waiting", "Being made", "At once"):
        expect(pictures.locator("dt", has_text=fact).first).to_be_visible()


def test_without_the_service_the_page_opens_and_shows_the_collection(visit, service):
    page = visit(service, allow="ERR_INTERNET_DISCONNECTED")
    name = mint(page)
    page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    page.context.set_offline(True)
    page.reload()
    ready(page)
    expect(page.locator("#offline")).to_be_visible()
    page.locator("#mint").click()
    expect(page.locator("#mint-state")).to_have_text("The service cannot be reached.")
    go(page, "collection")
    expect(page.locator("#binder button")).to_have_count(1)
    assert page.locator("#binder button").get_attribute("aria-label").startswith(name)
    page.context.set_offline(False)
    go(page, "odds")
    expect(page.locator(".odds li[data-rarity]")).to_have_count(8)
    expect(page.locator("#offline")).to_be_hidden()
