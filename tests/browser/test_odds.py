"""Luck and cheating told apart."""

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import client_of, go, mint

STATS = "async ([name, values]) => (await import('/dex/stats.js'))[name](...values)"


@pytest.fixture
def stats(visit, service):
    page = visit(service)
    return lambda name, *values: page.evaluate(STATS, [name, values])


def test_the_published_odds_stand_beside_what_was_drawn(visit, launch):
    service = launch(MINIMON_RARITY_WEIGHTS="F=3,S+=1")
    page = visit(service)
    for _ in range(2):
        mint(page)
    go(page, "odds")
    rows = page.locator(".odds li[data-rarity]")
    expect(rows).to_have_count(8)
    with client_of(service) as client:
        odds = client.get("/v1/odds").json()["rarities"]
    assert [(it["rarity"], it["weight"], it["share"]) for it in odds if it["weight"]] == [
        ("F", 3, 0.75),
        ("S+", 1, 0.25),
    ]
    labels = [row.locator(".track").get_attribute("aria-label") for row in rows.all()]
    assert labels[0].startswith("F: published 75%, drawn ") and labels[7].startswith("S+: published 25%, drawn ")
    assert "drawn 0% (0), 95% range 0% to 65.8%" in labels[1]  # Wilson: 1.96² / (2 + 1.96²)
    expect(page.locator(".verdict")).to_contain_text("Too early to tell")
    expect(page.locator(".verdict")).to_contain_text("2 draws since these odds took effect.")


MARKS = """() => [...document.querySelectorAll(".track")].map((track) => {
  const { left, width } = track.getBoundingClientRect();
  const at = (mark, side) => {
    const box = track.querySelector(mark).getBoundingClientRect();
    return Math.round(100 * (side * box.left + (1 - side) * box.right - left) / width);
  };
  return [at(".true", 0.5), at(".fill", 0), at(".span", 1), at(".span", 0)];
})"""
"""Where the marks of each row are, in hundredths of its width: published, drawn, and the ends of the range."""


def test_every_mark_is_where_its_share_is(visit, launch):
    page = visit(launch(MINIMON_RARITY_WEIGHTS="S=1"))
    for _ in range(4):
        mint(page)
    go(page, "odds")
    expect(page.locator(".odds li[data-rarity]")).to_have_count(8)
    marks = page.evaluate(MARKS)
    assert marks[6] == [100, 100, 51, 100]  # 1 / (1 + 1.96² / 4) = 0.51
    assert marks[0] == [0, 0, 0, 49]


def test_the_interval_is_wilson_s(stats):
    low, high = stats("wilson", 5, 20)
    assert (round(low, 4), round(high, 4)) == (0.1119, 0.4687)
    assert stats("wilson", 0, 10)[0] == 0


def test_a_usual_result_a_lucky_one_and_one_that_is_no_luck(stats):
    shares = [0.5, 0.3, 0.2]
    assert stats("unluckier", [50, 30, 20], shares) == 1
    assert 0.3 < stats("unluckier", [54, 28, 18], shares) < 0.95
    assert 0.005 < stats("unluckier", [38, 33, 29], shares) < 0.05
    assert stats("unluckier", [30, 30, 40], shares) < 0.001
    assert stats("unluckier", [0, 0, 1], [0.5, 0.5, 0]) < 0.001  # what cannot be drawn was drawn


def test_a_service_that_draws_otherwise_than_it_says_is_found_out(visit, service):
    page = visit(service)
    go(page, "odds")
    page.evaluate("""async () => {
      const { count } = await import('/dex/store.js');
      for (let draw = 0; draw < 60; draw++) await count("F=24,E=20,D=16,C=12,B=10,A=8,S=5,S+=1", "F");
    }""")
    go(page, "mint")
    go(page, "odds")
    expect(page.locator(".verdict")).to_contain_text("Hardly luck")
