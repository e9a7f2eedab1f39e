"""The published odds, and the wait that the backend's status tells."""

from tests.wire.conftest import TOKEN, assert_problem

from minimon.web.schemas import Backend, Odds


def test_the_odds_are_published_for_every_rarity_in_order(launch):
    with launch(MINIMON_RARITY_WEIGHTS="F=6,S+=2").client() as client:
        answer = client.get("/v1/odds")
    odds = Odds.model_validate(answer.json(), extra="forbid").rarities
    assert [it.rarity for it in odds] == ["F", "E", "D", "C", "B", "A", "S", "S+"]
    assert {it.rarity: (it.weight, it.share) for it in odds if it.weight} == {"F": (6, 0.75), "S+": (2, 0.25)}
    assert sum(it.share for it in odds) == 1


def test_the_odds_are_behind_the_token(launch):
    with launch(MINIMON_BEARER_TOKEN=TOKEN).client() as client:
        assert_problem(client.get("/v1/odds"), 401, "UNAUTHORIZED")
        assert client.get("/v1/odds", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_a_backend_that_makes_nobody_wait_says_so(service):
    with service.client() as client:
        status = Backend.model_validate(client.get("/v1/backend").json(), extra="forbid")
    assert (status.state, status.waitSeconds) == ("ready", 0)
