"""The one shape of an error answer: RFC 9457, with the ``error`` object that 1.3.0 clients read."""

import orjson
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from minimon.clock import rfc3339, utc_now
from minimon.errors import REFUSALS, BadRequestError, Language, MethodNotAllowedError, NotFoundError, ProblemError

_log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
FIRST_SERVER_FAULT = 500


def problem_body(error: ProblemError, request_id: str, language: Language = "en") -> bytes:
    """Return the JSON of an error answer."""
    message = error.message(language)
    return orjson.dumps(
        {
            "type": "about:blank",
            "title": error.title(),
            "status": error.status,
            "detail": message,
            "instance": request_id,
            "error": {"code": error.code, "message": message, "timestamp": rfc3339(utc_now())},
        }
    )


def problem_response(error: ProblemError, request_id: str, accept_language: str) -> Response:
    """Return an error answer in the language that the client prefers."""
    language = preferred_language(accept_language)
    headers = {"Cache-Control": "no-store", "Content-Language": language, **error.headers}
    return Response(problem_body(error, request_id, language), error.status, headers, MEDIA_TYPE)


def answer_problem(request: Request, error: Exception) -> Response:
    """Answer a ProblemError, or what Starlette raises for an unknown address or method."""
    problem = error if isinstance(error, ProblemError) else _from_starlette(error)
    request.scope["state"]["code"] = problem.code
    refused = isinstance(problem, REFUSALS) and not problem.__cause__  # the line about the request says enough
    if problem.status >= FIRST_SERVER_FAULT and not refused:
        _log.error("request failed", code=problem.code, exc_info=problem)
    return problem_response(problem, request.state.request_id, request.headers.get("accept-language", ""))


def _from_starlette(error: Exception) -> ProblemError:
    assert isinstance(error, HTTPException)
    known = {404: NotFoundError, 405: MethodNotAllowedError}
    return known.get(error.status_code, BadRequestError)(headers=error.headers)


def preferred_language(accept_language: str) -> Language:
    """Return ``fr`` where the header prefers French to English, else ``en`` (RFC 9110, section 12.5.4)."""
    quality: dict[str, float] = {}
    for part in accept_language[:200].split(","):
        tag, _, parameter = part.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        if primary in {"en", "fr", "*"}:
            quality[primary] = max(quality.get(primary, 0.0), _quality(parameter))
    unnamed = quality.get("*", 0.0)
    return "fr" if quality.get("fr", unnamed) > quality.get("en", unnamed) else "en"


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name in {"q", "Q"} else 1.0
    except ValueError:
        return 0.0
