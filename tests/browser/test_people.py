"""For everyone: two languages, the keyboard alone, readers of the screen, small and large screens."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from tests.browser.conftest import fill, go, go_and_see, mint

VIEWS = ["mint", "collection", "odds", "scores", "service"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

SMALL = """() => [...document.querySelectorAll("button, nav a, select, input:not([type=radio], [type=file])")]
  .map((it) => [it, it.getBoundingClientRect()])
  .filter(([it, box]) => it.checkVisibility() && box.width > 1 && (box.height < 24 || box.width < 24))
  .map(([it]) => it.outerHTML.slice(0, 80))"""
WORDS = """() => [document.body.innerText, ...[...document.querySelectorAll("[aria-label], [placeholder]")]
  .map((it) => `${it.ariaLabel} ${it.placeholder}`)].join(" ")"""


def settled(page):
    """Return when nothing moves any more, so that colours are what they will be."""
    page.evaluate("""async () => {
      const once = document.getAnimations().filter((it) => it.effect.getTiming().iterations === 1);
      await Promise.allSettled(once.map((it) => it.finished));
    }""")


def violations(page, only=RULES):
    settled(page)
    found = Axe().run(page, options={"runOnly": only}).response["violations"]
    return [(it["id"], [node["target"] for node in it["nodes"]]) for it in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_in_any_view(visit, service, scheme, width):
    page = visit(service, color_scheme=scheme, viewport={"width": width, "height": 844}, reduced_motion="no-preference")
    assert violations(page) == []
    fill(page)
    for view in VIEWS:
        go_and_see(page, view)
        assert violations(page) == [], view
    go(page, "scores")
    page.locator("#amount").fill("1")
    expect(page.locator(".stamp")).to_have_text("Not genuine")
    assert violations(page) == []
    go(page, "collection")
    page.locator("#binder button").first.click()
    page.locator("#detail h2").wait_for()
    assert violations(page) == []


@pytest.mark.parametrize("element", ["water", "fire", "earth", "wind"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_colour_of_the_page_has_contrast_enough(visit, service, scheme, element):
    page = visit(service, color_scheme=scheme)
    page.locator("html").evaluate("(it, element) => (it.dataset.element = element)", element)
    for view in ("mint", "scores", "collection"):
        go(page, view)
        assert violations(page, ["color-contrast"]) == []


def test_everything_is_within_reach_of_the_keyboard(visit, service):
    page = visit(service)
    press = page.keyboard.press
    press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    press("Enter")
    press("Tab")
    expect(page.locator("#mint")).to_be_focused()
    for _ in range(2):
        press("Enter")
        expect(page.locator("#mint")).to_have_attribute("aria-disabled", "true")
        expect(page.locator("#mint")).to_have_attribute("aria-disabled", "false")
        expect(page.locator("#mint")).to_be_focused()
    page.locator("nav a[href='#collection']").focus()
    press("Enter")
    expect(page.locator("#h-collection")).to_be_focused()
    expect(page.locator("#binder button")).to_have_count(2)
    while page.locator("#binder :focus").count() == 0:
        press("Tab")
    press("ArrowRight")
    expect(page.locator("#binder li[data-place='1'] button")).to_be_focused()
    second = page.locator(":focus").get_attribute("aria-label").partition(",")[0]
    press("Enter")
    expect(page.locator("#detail h2")).to_have_text(second)
    press("ArrowLeft")
    expect(page.locator("#detail h2")).not_to_have_text(second)
    press("Escape")
    expect(page.locator("#detail")).to_be_hidden()
    expect(page.locator("#binder li[data-place='1'] button")).to_be_focused()


@pytest.mark.parametrize("width", [320, 390, 768, 3840])
def test_no_view_is_wider_than_the_screen(visit, service, width):
    page = visit(service, viewport={"width": width, "height": 800}, locale="fr-FR")
    fill(page)
    for view in VIEWS:
        go_and_see(page, view)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view
        small = page.evaluate(SMALL)
        assert small == [], view  # WCAG 2.2, 2.5.8


def words(page):
    """Return what a view shows and says."""
    return page.evaluate(WORDS)


@pytest.mark.parametrize(("locale", "language"), [("fr-CA", "fr"), ("de-DE", "en"), ("en-US", "en")])
def test_the_page_comes_in_the_browser_s_language(visit, service, locale, language):
    page = visit(service, locale=locale)
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("#mint").inner_text() == {"fr": "Créer un Minimon", "en": "Mint a Minimon"}[language]


@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
def test_no_view_shows_a_key_or_the_other_language(visit, service, locale):
    page = visit(service, locale=locale)
    fill(page)
    other = {"en-GB": "Créer|Rareté|Graine|Registre", "fr-FR": r"Mint\b|Rarity|Seed|Ledger|Published"}[locale]
    for view in VIEWS:
        go_and_see(page, view)
        text = words(page)
        assert not re.search(r"\b(nav|mint|collection|odds|scores|check|service|state|detail|error)\.[a-z]", text), view
        assert not re.search(other, text), view


def test_the_language_is_switched_at_once_and_kept(visit, service):
    page = visit(service)
    mint(page)
    page.locator("#language").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator("#mint")).to_have_text("En créer un autre")
    for view, heading in (("odds", "Chances"), ("service", "Service"), ("collection", "Collection")):
        go(page, view)
        expect(page.locator(f"#h-{view}")).to_have_text(heading)
    expect(page.locator("#count")).to_have_text("1 Minimon vit dans ce navigateur.")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator("#count")).to_have_text("1 Minimon vit dans ce navigateur.")


def test_problems_are_told_in_the_page_s_language(visit, launch):
    service = launch(MINIMON_RATE_LIMIT_PER_MIN="1", MINIMON_GENERATION_BACKEND="files")
    page = visit(service, locale="fr-FR", allow="status of 429")
    page.locator("#mint").click()
    expect(page.locator("#mint-state")).to_contain_text("Quelle vitesse\u202f! Le service demande un peu de patience.")
    expect(page.locator("#mint")).to_contain_text(re.compile("Réessayez dans \\d+\u00a0s"))


def test_light_and_dark_can_be_chosen_and_are_kept(visit, service):
    page = visit(service, color_scheme="light")
    ground = "getComputedStyle(document.body).colorScheme"
    assert page.evaluate(ground) == "light dark"
    page.locator("#theme").click()
    assert page.evaluate(ground) == "dark"
    page.reload()
    page.locator("html[data-ready]").wait_for()
    assert page.evaluate(ground) == "dark"
