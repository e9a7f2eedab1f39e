"""One question to any server that speaks ``POST /chat/completions``, and every way it can fail told apart.

httpx2 and not the openai SDK: it costs 20 ms and 2 MB where the SDK costs more than a second; the SDK retries by its
own rules, while here a call has one budget and whoever calls decides when to call again; and the SDK reads an answer
whole before anybody can see its size.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

import httpx2
import orjson
import structlog

from minimon.clock import utc_now
from minimon.errors import StartError
from minimon.logs import visible
from minimon.names.faults import Fault, FetchError
from minimon.settings import Settings

_log = structlog.get_logger(__name__)

MOST_BYTES: Final = 262_144
"""An answer may be so long: 30 names take 1,000, and a model's thoughts before them perhaps 100,000."""
LOGGED_CHARACTERS: Final = 2000
_REFUSALS_OF_A_FORM: Final = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_IMPLEMENTED}
_FAULTS: Final[Mapping[int, Fault]] = {
    HTTPStatus.UNAUTHORIZED: Fault.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN: Fault.UNAUTHORIZED,
    HTTPStatus.NOT_FOUND: Fault.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED: Fault.NOT_FOUND,
    HTTPStatus.TOO_MANY_REQUESTS: Fault.RATE_LIMITED,
}

Message = Mapping[str, str]
Form = Mapping[str, Any]
"""What a request holds beyond the model and the messages."""


class NamesClient:
    """Asks one server for one model. One object serves the process; calls may overlap."""

    def __init__(self, settings: Settings, http: httpx2.AsyncClient) -> None:
        """``http`` stays the caller's to close. Raises StartError where the address cannot be one."""
        self._settings = settings
        self._http = http
        self._forms_refused = 0
        try:
            self._url = httpx2.URL(settings.openai_base_url.rstrip("/") + "/chat/completions")
        except httpx2.InvalidURL as error:
            raise StartError(f"OPENAI_BASE_URL is {settings.openai_base_url!r}: {error}: correct it") from error

    async def complete(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> str:
        """Return what the model says, hopefully JSON after ``schema``. Takes ``OPENAI_TIMEOUT`` at most, all in all.

        A server that refuses the schema is asked for any JSON, then without a form, and is not asked again for what
        it refused once another form went through. Raises FetchError.
        """
        try:
            async with asyncio.timeout(self._settings.openai_timeout):
                return await self._in_an_accepted_form(messages, forms(schema))
        except TimeoutError as error:
            detail = f"no answer within OPENAI_TIMEOUT ({self._settings.openai_timeout:g} s)"
            raise FetchError(Fault.TIMEOUT, detail) from error

    async def _in_an_accepted_form(self, messages: Sequence[Message], offered: Sequence[Form]) -> str:
        for number in range(self._forms_refused, len(offered)):
            body = {"model": self._settings.openai_model, "messages": messages, **offered[number]}
            status, headers, answer = await self._post(orjson.dumps(body))
            if status in _REFUSALS_OF_A_FORM and number + 1 < len(offered):
                continue
            self._check(status, headers, answer)
            self._forms_refused = number
            return _content(answer)
        raise AssertionError  # the last form either returned or raised

    async def _post(self, body: bytes) -> tuple[int, httpx2.Headers, bytes]:
        """Return status, headers and body of the answer. Raises FetchError."""
        try:
            async with self._http.stream("POST", self._url, content=body, headers=self._headers()) as response:
                answer = await _read(response)
        except (httpx2.HTTPError, ssl.SSLError, OSError) as error:
            raise FetchError(_fault_of(error), str(error) or type(error).__name__) from error
        if self._settings.log_remote_content:
            _log.info(
                "names server answered",
                status=response.status_code,
                content=self.presentable(answer.decode("utf-8", "replace")),
            )
        return response.status_code, response.headers, answer

    def presentable(self, text: str) -> str:
        """Return ``text`` fit for a log or a screen: without the key, invisible characters escaped, not endless."""
        key = self._settings.openai_api_key.get_secret_value()
        shown = visible((text.replace(key, "********") if key else text)[:LOGGED_CHARACTERS])
        return shown if len(text) <= LOGGED_CHARACTERS else f"{shown}… ({len(text)} characters)"

    def _headers(self) -> dict[str, str]:
        # identity: a few compressed bytes could unfold to gigabytes
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}
        key = self._settings.openai_api_key.get_secret_value()
        return headers | ({"Authorization": f"Bearer {key}"} if key else {})

    def _check(self, status: int, headers: httpx2.Headers, answer: bytes) -> None:
        if status == HTTPStatus.OK:
            return
        fault = _FAULTS.get(status) or _by_class(status)
        if fault is Fault.NOT_FOUND and b"model" in answer.lower():
            fault = Fault.NO_MODEL
        detail = f"status {status}{self._hint(fault)}"
        raise FetchError(fault, detail, retry_after_s=retry_after(headers.get("Retry-After", ""), utc_now()))

    def _hint(self, fault: Fault) -> str:
        base = self._settings.openai_base_url.rstrip("/")
        match fault:
            case Fault.NO_MODEL:
                return (
                    f": the server has no model {self._settings.openai_model!r}: correct OPENAI_MODEL or load it there"
                )
            case Fault.NOT_FOUND if not base.endswith("/v1"):
                return f": there is no {self._url}: did you mean OPENAI_BASE_URL={base}/v1?"
            case Fault.NOT_FOUND | Fault.REDIRECT:
                return f": there is no {self._url}: correct OPENAI_BASE_URL"
            case Fault.UNAUTHORIZED:
                return ": the server does not accept OPENAI_API_KEY"
            case Fault.REFUSED:
                return ": LOG_REMOTE_CONTENT=1 shows what the server says"
        return ""


def forms(schema: Mapping[str, Any]) -> tuple[Form, ...]:
    """Return the forms to ask in, the strictest first; the last holds nothing that a server could refuse."""
    limits = {"temperature": 1.0, "max_tokens": 1024}
    named_schema = {"name": "names", "strict": True, "schema": schema}
    return (
        {**limits, "response_format": {"type": "json_schema", "json_schema": named_schema}},
        {**limits, "response_format": {"type": "json_object"}},
        {},
    )


def retry_after(value: str, now: datetime) -> float:
    """Return the seconds that a ``Retry-After`` asks for (RFC 9110, section 10.2.3), 0 where it makes no sense."""
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max((parsedate_to_datetime(value) - now).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):  # no date, or one without a zone
        return 0.0


async def _read(response: httpx2.Response) -> bytes:
    parts = bytearray()
    async for part in response.aiter_raw():
        parts += part
        if len(parts) > MOST_BYTES:
            raise FetchError(Fault.TOO_LARGE, f"the answer is longer than {MOST_BYTES} bytes")
    return bytes(parts)


def _content(answer: bytes) -> str:
    try:
        data = orjson.loads(answer)
    except orjson.JSONDecodeError as error:
        raise FetchError(Fault.NONSENSE, "the answer is not JSON") from error
    match data:
        case {"choices": [{"message": {"content": str(content)}}, *_]}:
            return content
    raise FetchError(Fault.NONSENSE, "the answer is no chat completion")


def _by_class(status: int) -> Fault:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Fault.SERVER_ERROR
    if status >= HTTPStatus.BAD_REQUEST:
        return Fault.REFUSED
    return Fault.REDIRECT if status >= HTTPStatus.MULTIPLE_CHOICES else Fault.NONSENSE


def _fault_of(error: Exception) -> Fault:
    if isinstance(error, httpx2.TimeoutException):
        return Fault.TIMEOUT
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return Fault.TLS
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Fault.DNS
    if isinstance(error, httpx2.ProtocolError):
        return Fault.NOT_HTTP
    return Fault.UNREACHABLE if isinstance(error, (httpx2.ConnectError, httpx2.ProxyError)) else Fault.DISCONNECTED


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@asynccontextmanager
async def open_client(settings: Settings) -> AsyncIterator[NamesClient]:
    """Open a client with a pool of connections. Raises StartError."""
    # The budget of a call is the only limit, but for a half each for connecting and the TLS handshake: a handshake that
    # is cancelled from outside leaves its socket open (httpcore2 2.16). The system's certificates are read in a thread.
    timeout = httpx2.Timeout(None, connect=settings.openai_timeout / 2)
    http = await asyncio.to_thread(httpx2.AsyncClient, timeout=timeout, follow_redirects=False)
    async with http:
        yield NamesClient(settings, http)
