"""The drawn backend over the wire: more than it can take is refused, told when to come again, and served then."""

from concurrent.futures import ThreadPoolExecutor


def test_what_the_queue_cannot_hold_is_503_until_there_is_room(run_service):
    service = run_service(
        MINIMON_GENERATION_BACKEND="drawn",
        MINIMON_DRAWN_QUEUE="1",
        MINIMON_DRAWN_SIZE="2048",
        MINIMON_STOCK_SIZE="0",
        MINIMON_RATE_LIMIT_PER_MIN="0",
    )
    with service.client() as client, ThreadPoolExecutor(24) as threads:
        answers = [threads.submit(client.get, "/v1/generate", headers={"Accept": "image/png"}) for _ in range(48)]
        assert client.get("/livez").status_code == 200
        found = [answer.result() for answer in answers]
        refused = [answer for answer in found if answer.status_code == 503]
        assert {answer.status_code for answer in found} == {200, 503}
        assert {answer.json()["error"]["code"] for answer in refused} == {"OVERLOADED"}
        assert all(1 <= int(answer.headers["Retry-After"]) <= 60 for answer in refused)
        assert client.get("/v1/generate").status_code == 200
    assert service.stop() == 0
