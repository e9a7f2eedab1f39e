"""The collection: kept over a reload, found again, taken elsewhere in one file, and smooth with thousands."""

import base64
import gzip
import json
import random
import re

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import cards, go, mint, ready

from minimon.creatures import Element, Rarity, new_id

DOT = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><circle cx="4" cy="4" r="4"/></svg>'
HEAD = json.dumps({"minidex": 1})


def line(rng, number, **changes):
    """Return a creature as a line of the collection's file."""
    rarity, element = list(Rarity)[number % 8], list(Element)[number // 8 % 4]
    creature = {"id": new_id(rng), "name": f"Tester{number:04d}", "rarity": rarity, "element": element, "seed": number}
    rest = {
        "backend": "drawn",
        "at": f"2026-11-22T00:{number // 60 % 60:02d}:{number % 60:02d}Z",
        "type": "image/svg+xml",
    }
    return json.dumps(creature | rest | {"picture": base64.b64encode(DOT).decode()} | changes)


@pytest.fixture
def collection(tmp_path):
    """Write a file of so many creatures, and of more lines."""

    def write(count, *more):
        rng = random.Random(7)
        path = tmp_path / "collection.jsonl.gz"
        path.write_bytes(gzip.compress("\n".join([HEAD, *(line(rng, it) for it in range(count)), *more]).encode()))
        return path

    return write


def bring_in(page, path):
    """Import a file in the collection's view; return what the page says of it."""
    expect(page.locator("#count")).not_to_be_empty()
    page.locator("#transfer").evaluate("(it) => it.replaceChildren()")
    page.locator("#import-file").set_input_files(path)
    expect(page.locator("#transfer")).to_contain_text(re.compile("added|no Minidex"))
    return page.locator("#transfer").inner_text()


def test_what_was_minted_is_there_after_a_reload(visit, service):
    page = visit(service)
    names = [mint(page) for _ in range(3)]
    go(page, "collection")
    page.reload()
    ready(page)
    expect(page.locator("#count")).to_have_text("3 Minimons live in this browser.")
    expect(page.locator("#binder button")).to_have_count(3)
    assert sorted(cards(page)) == sorted(names)
    assert page.locator("#binder img").first.evaluate("async (it) => (await it.decode(), it.naturalWidth)") == 288


def test_cards_are_filtered_searched_and_sorted(visit, service, collection):
    page = visit(service)
    go(page, "collection")
    assert bring_in(page, collection(32)) == "32 cards added."
    binder = page.locator("#binder button")
    page.locator("#by-rarity label", has_text="S+").click()
    expect(binder).to_have_count(4)
    expect(page.locator("#count")).to_have_text("4 of 32 shown.")
    page.locator("#by-element label", has_text="Fire").click()
    expect(binder).to_have_count(1)
    for fieldset in ("#by-rarity", "#by-element"):
        page.locator(f"{fieldset} label").first.click()
    page.locator("[name=text]").fill("TÈSTER000")
    expect(binder).to_have_count(10)
    for order, first in (("new", "Tester0009"), ("old", "Tester0000"), ("rare", "Tester0007"), ("name", "Tester0000")):
        page.locator("[name=sort]").select_option(order)
        expect(binder.first).to_have_attribute("aria-label", _starting(first))
    page.locator("[name=text]").fill("nobody")
    expect(page.locator("#empty")).to_contain_text("No card fits.")


def _starting(text):
    return re.compile(f"^{text},")


def test_a_card_opens_large_with_its_seed_and_its_files(visit, service, downloads):
    page = visit(service, permissions=["clipboard-read", "clipboard-write"])
    name = mint(page)
    go(page, "collection")
    page.locator("#binder button").click()
    dialog = page.locator("#detail")
    expect(dialog.locator("h2")).to_have_text(name)
    seed = dialog.locator(".code").first.inner_text()
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == seed
    png = downloads(page, "#detail button:text-is('PNG')")
    assert png.name.startswith(name) and png.read_bytes().startswith(b"\x89PNG")
    svg = downloads(page, "#detail button:text-is('SVG')").read_text()
    assert svg.startswith("<svg") and "script" not in svg


def test_a_large_card_may_be_turned_and_closed_at_any_speed(visit, service, collection):
    page = visit(service)
    go(page, "collection")
    bring_in(page, collection(8))
    page.locator("#binder button").first.click()
    page.locator("#detail h2").wait_for()
    page.evaluate("""() => {
      const press = (key) => document.querySelector("#detail").dispatchEvent(new KeyboardEvent("keydown", { key }));
      for (let turns = 0; turns < 3; turns++) press("ArrowRight");
    }""")
    expect(page.locator("#detail h2")).to_have_text("Tester0004")
    page.evaluate("""() => {
      document.querySelector("#detail [data-step='1']").click();
      document.querySelector("#detail").close();
    }""")
    page.locator("#binder button").nth(1).click()
    expect(page.locator("#detail h2")).to_have_text("Tester0006")


def test_a_card_is_deleted_after_a_second_click(visit, service):
    page = visit(service)
    for _ in range(2):
        mint(page)
    go(page, "collection")
    for left in (1, 0):
        page.locator("#binder button").first.click()
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Delete for good?").click()
        expect(page.locator("#binder button")).to_have_count(left)
        expect(page.locator("#binder button" if left else "#h-collection")).to_be_focused()
    expect(page.locator("#count")).to_have_text("0 Minimons live in this browser.")
    expect(page.locator("#empty")).to_contain_text("Your binder is empty.")
    go(page, "mint")
    expect(page.locator("#recent")).to_be_hidden()


def test_a_collection_moves_to_another_browser_in_one_file(visit, service, downloads):
    page = visit(service)
    names = sorted(mint(page) for _ in range(2))
    go(page, "collection")
    expect(page.locator("#binder button")).to_have_count(2)
    file = downloads(page, "#export")
    lines = gzip.decompress(file.read_bytes()).decode().splitlines()
    assert lines[0] == '{"minidex":1}'
    assert sorted(json.loads(it)["name"] for it in lines[1:]) == names

    other = visit(service)
    go(other, "collection")
    assert bring_in(other, file) == "2 cards added."
    expect(other.locator("#binder button")).to_have_count(2)
    assert sorted(cards(other)) == names
    assert bring_in(other, file) == "0 cards added. 2 already there."
    go(other, "odds")
    expect(other.locator("#odds")).to_contain_text("Nothing drawn yet")  # what is brought in was not drawn here


def hostile(content):
    return {"picture": base64.b64encode(content).decode()}


def test_what_is_not_sound_is_refused(visit, service, collection):
    rng = random.Random(8)
    lines = [
        "{",
        line(rng, 1, rarity="SSS"),
        line(rng, 2, id="mnm_1"),
        line(rng, 3, name=""),
        line(rng, 4, seed=2**60),
        line(rng, 5, picture="?"),
        line(rng, 6, type="text/html"),
        line(rng, 7, **hostile(DOT.replace(b"<circle", b"<script>alert(1)</script><circle"))),
        line(rng, 8, **hostile(DOT.replace(b"<circle", b'<circle onclick="alert(1)"'))),
        line(rng, 9, **hostile(DOT.replace(b"<circle", b'<a href="https://example.org"/><circle'))),
        line(rng, 10, **hostile(b"no picture"), type="image/png"),
    ]
    page = visit(service)
    go(page, "collection")
    assert bring_in(page, collection(1, *lines)) == "1 card added. 11 refused: not sound."


def test_a_foreign_file_is_refused_in_words(visit, service, tmp_path):
    path = tmp_path / "foreign.gz"
    path.write_bytes(gzip.compress(b'{"a": 1}\n'))
    page = visit(service)
    go(page, "collection")
    assert bring_in(page, path) == "This file is no Minidex collection."


def test_of_hundreds_of_cards_only_those_in_sight_are_in_the_page(visit, service, collection):
    page = visit(service)
    go(page, "collection")
    assert bring_in(page, collection(400)) == "400 cards added."
    items = page.locator("#binder li")
    expect(items.first).to_have_attribute("aria-setsize", "400")
    assert items.count() < 120
    page.locator("#binder button").first.focus()
    page.keyboard.press("End")
    expect(page.locator("#binder button:focus")).to_have_attribute("aria-label", _starting("Tester0000"))
    assert page.locator("#binder li:has(:focus)").get_attribute("aria-posinset") == "400"
    assert items.count() < 240
    order = [int(it.get_attribute("data-place")) for it in items.all()]
    assert order == sorted(order)
