"""A service that asks for a token: asked of the person, kept in this tab and nowhere else."""

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import go, mint, ready

TOKEN = "s3cret-Token"
DENIED = "status of 401"


@pytest.fixture
def guarded(launch):
    return launch(MINIMON_BEARER_TOKEN=TOKEN)


def give(page, token):
    page.locator("#token-dialog input").fill(token)
    page.locator("#token-dialog .big").click()


def test_the_token_is_asked_for_refused_and_taken(visit, guarded):
    page = visit(guarded, allow=DENIED)
    page.locator("#mint").click()
    expect(page.locator("#token-dialog")).to_be_visible()
    give(page, "wrong")
    expect(page.locator("#token-state")).to_have_text("The service does not take this token.")
    give(page, TOKEN)
    expect(page.locator("#slot .front")).to_have_count(1)
    page.reload()
    ready(page)
    mint(page)
    expect(page.locator("#token-dialog")).to_be_hidden()


def test_the_token_is_kept_in_the_tab_alone_and_can_be_forgotten(visit, guarded):
    page = visit(guarded, allow=DENIED)
    page.locator("#mint").click()
    give(page, TOKEN)
    expect(page.locator("#slot .front")).to_have_count(1)
    kept = page.evaluate("[JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie]")
    assert [TOKEN in place for place in kept] == [False, True, False]
    other = visit(guarded, allow=DENIED, beside=page)
    other.locator("#mint").click()
    expect(other.locator("#token-dialog")).to_be_visible()
    page.get_by_role("button", name="Forget the token").click()
    assert TOKEN not in page.evaluate("JSON.stringify(sessionStorage)")


def test_who_gives_none_is_told_that_one_is_needed(visit, guarded):
    page = visit(guarded, allow=DENIED)
    page.locator("#mint").click()
    page.locator("#token-dialog").get_by_role("button", name="Cancel").click()
    expect(page.locator("#mint-state")).to_have_text("The service asks for a token.")
    expect(page.locator("#mint")).to_have_attribute("aria-disabled", "false")


def test_the_operator_sees_the_service_with_the_token(visit, guarded):
    page = visit(guarded, allow=DENIED)
    go(page, "service")
    give(page, TOKEN)
    tiles = page.locator("#service section")
    expect(tiles).to_have_count(4)
    expect(tiles.nth(0)).to_contain_text("Drawn here")
    expect(tiles.nth(0)).to_contain_text("Ready")
    expect(tiles.nth(2)).to_contain_text("minimon/")
    expect(tiles.nth(3)).to_contain_text("median")
