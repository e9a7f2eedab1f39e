"""The one shape of an error, and the language it is told in."""

import json
import re

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from structlog.testing import capture_logs

from minimon.errors import (
    NotFoundError,
    OverloadedError,
    ProblemError,
    RateLimitedError,
    SigningFailedError,
    StartingError,
)
from minimon.web.problems import answer_problem, preferred_language, problem_body, problem_response
from minimon.web.schemas import Problem

VALUES = {
    "least": 0,
    "most": 1,
    "seconds": 2,
    "key": "k",
    "field": "f",
    "constant": "NaN",
    "offers": "image/png",
    "stage": "loading",
    "percent": 3,
    "allowed": "a",
}


def answer(error, accept_language="en"):
    headers = [(b"accept-language", accept_language.encode("latin-1"))]
    request = Request({"type": "http", "headers": headers, "state": {"request_id": "the-id"}})
    return answer_problem(request, error)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("FR-ca", "fr"),
        ("en", "en"),
        ("de", "en"),
        ("*", "en"),
        ("fr-FR,fr;q=0.9,en-US;q=0.8,en;q=0.7", "fr"),
        ("en-US,en;q=0.9,fr;q=0.8", "en"),
        ("fr,en", "en"),
        ("fr;q=0.5, en;q=0.4", "fr"),
        ("fr;q=0.4, en;q=0.5", "en"),
        ("fr;q=0", "en"),
        ("de, fr;q=0.1", "fr"),
        ("fr;q=0.5, *;q=0.1", "fr"),
        ("fr;q=0.5, *;q=0.8", "en"),
        ("en;q=0.1, *", "fr"),
        ("en;q=0, *;q=0.5", "fr"),
        ("fr;q=nan", "en"),
        ("fr;q=", "en"),
        ("fr;q=x,en;q=0.1", "en"),
        ("fr ; q=0.9 , en ; q=0.1", "fr"),
        ("fr; Q=0.2, en;q=0.5", "en"),
        ("french", "en"),
        (";;;,,,=", "en"),
        ("x," * 5000 + "fr", "en"),
    ],
)
def test_french_is_told_where_it_is_preferred_and_english_else(header, language):
    assert preferred_language(header) == language


@given(st.text())
def test_any_header_has_a_language(header):
    assert preferred_language(header) in {"en", "fr"}


@pytest.mark.parametrize("problem", ProblemError.__subclasses__())
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_error_has_the_shape_that_the_description_promises(problem, language):
    for reason in problem.texts:
        body = json.loads(problem_body(problem(reason, **VALUES), "the-id", language))
        jsonschema.validate(body, Problem.model_json_schema() | {"additionalProperties": False})
        assert body["type"] == "about:blank"
        assert (body["status"], body["title"], body["instance"]) == (problem.status, problem.title(), "the-id")
        assert body["error"]["code"] == problem.code
        assert body["detail"] == body["error"]["message"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["error"]["timestamp"])


def test_the_answer_says_its_language_its_type_and_that_it_is_not_to_be_kept():
    response = problem_response(RateLimitedError(seconds=7, headers={"Retry-After": "7"}), "the-id", "fr")
    assert response.status_code == 429
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["content-language"] == "fr"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["retry-after"] == "7"
    assert json.loads(response.body)["detail"] == "Trop de requêtes : réessayez dans 7 s."


def test_codes_and_titles_are_the_same_in_every_language():
    english, french = (json.loads(answer(NotFoundError(), language).body) for language in ("en", "fr"))
    assert english["detail"] != french["detail"]
    assert english["title"] == french["title"]
    assert english["error"]["code"] == french["error"]["code"]


@pytest.mark.parametrize(
    ("status", "code", "answered"),
    [(404, "NOT_FOUND", 404), (405, "METHOD_NOT_ALLOWED", 405), (400, "BAD_REQUEST", 400)],
)
def test_what_the_framework_raises_gets_our_shape_and_keeps_its_headers(status, code, answered):
    response = answer(HTTPException(status, headers={"Allow": "GET"}))
    assert (response.status_code, json.loads(response.body)["error"]["code"]) == (status, code)
    assert response.headers["allow"] == "GET"


def test_the_cause_of_a_server_fault_is_in_the_log_and_not_in_the_answer():
    error = SigningFailedError()
    error.__cause__ = RuntimeError("the hardware says s3cret")
    with capture_logs() as lines:
        assert b"s3cret" not in answer(error).body
    assert [(line["log_level"], line["code"], line["exc_info"]) for line in lines] == [
        ("error", "SIGNING_FAILED", error)
    ]


@pytest.mark.parametrize("refusal", [OverloadedError(seconds=1), StartingError(seconds=1)])
def test_a_refusal_is_no_fault_in_the_log_unless_it_has_a_cause(refusal):
    with capture_logs() as lines:
        assert answer(refusal).status_code == 503
    assert not lines
    refusal.__cause__ = OSError("no room")
    with capture_logs() as lines:
        answer(refusal)
    assert len(lines) == 1
