"""Questions to any server that speaks a part of OpenAI's API, and every way it can fail told apart.

httpx2 and not the openai SDK: it costs 20 ms and 2 MB where the SDK costs more than a second; the SDK retries by its
own rules, while here a call has one budget and whoever calls decides when to call again; and the SDK reads an answer
whole before anybody can see its size.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import httpx2
import orjson
import structlog
from opentelemetry.propagate import inject
from pydantic import SecretStr

from minimon.clock import utc_now
from minimon.errors import StartError
from minimon.logs import visible
from minimon.upstream.faults import Fault, FetchError
from minimon.upstream.sorting import fault_of_error, fault_of_status, retry_after

_log = structlog.get_logger(__name__)

LOGGED_CHARACTERS: Final = 2000
_REFUSALS_OF_A_FORM: Final = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_IMPLEMENTED}

Form = Mapping[str, Any]
"""One way to put a question: the body of a request."""


@dataclass(frozen=True, slots=True)
class Address:
    """A server as the settings name it."""

    prefix: str
    """What its variables begin with, for messages."""
    base_url: str
    model: str
    key: SecretStr
    most_bytes: int
    """An answer may be so long."""
    log_content: bool = False


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: httpx2.Headers
    body: bytes


class Upstream:
    """Asks one server. One object serves the process; calls may overlap. Their time is the caller's to bound."""

    def __init__(self, address: Address, http: httpx2.AsyncClient) -> None:
        """``http`` stays the caller's to close. Raises StartError where the address cannot be one."""
        self._address = address
        self._http = http
        self._key = address.key.get_secret_value()
        self._forms_refused = 0
        try:
            self.base = httpx2.URL(address.base_url.rstrip("/") + "/")
        except httpx2.InvalidURL as error:
            variable = f"{address.prefix}BASE_URL"
            raise StartError(f"{variable} is {address.base_url!r}: {error}: correct it") from error

    async def ask(self, path: str, forms: Sequence[Form]) -> bytes:
        """Return the answer to a question, put in the first of ``forms`` that the server takes. Raises FetchError.

        A form that it refuses is not tried again once a later one went through.
        """
        url = self.base.join(path)
        for number in range(self._forms_refused, len(forms)):
            answer = await self._call("POST", url, orjson.dumps(forms[number]), self._key)
            if answer.status in _REFUSALS_OF_A_FORM and number + 1 < len(forms):
                continue
            self._check(answer, url)
            if number > self._forms_refused:
                left_out = sorted(forms[0].keys() - forms[number].keys())
                _log.info("server refuses a form", url=str(url), left_out=left_out)
            self._forms_refused = number
            return answer.body
        raise AssertionError  # the last form either returned or raised

    async def fetch(self, url: httpx2.URL, *, with_key: bool) -> bytes:
        """Return what lies at ``url``. Raises FetchError."""
        answer = await self._call("GET", url, b"", self._key if with_key else "")
        self._check(answer, url)
        return answer.body

    def presentable(self, text: str) -> str:
        """Return ``text`` fit for a log or a screen: without the key, invisible characters escaped, not endless."""
        shown = visible((text.replace(self._key, "********") if self._key else text)[:LOGGED_CHARACTERS])
        return shown if len(text) <= LOGGED_CHARACTERS else f"{shown}… ({len(text)} characters)"

    async def _call(self, method: str, url: httpx2.URL, body: bytes, key: str) -> _Answer:
        # identity: a few compressed bytes could unfold to gigabytes
        headers = {"Accept-Encoding": "identity"}
        headers |= {"Content-Type": "application/json", "Accept": "application/json"} if body else {}
        inject(headers)  # W3C Trace Context, where traces are sent
        headers |= {"Authorization": f"Bearer {key}"} if key else {}
        try:
            async with self._http.stream(method, url, content=body or None, headers=headers) as response:
                answer = _Answer(response.status_code, response.headers, await self._read(response))
        except (httpx2.HTTPError, ssl.SSLError, OSError) as error:
            raise FetchError(fault_of_error(error), str(error) or type(error).__name__) from error
        if self._address.log_content:
            content = self.presentable(answer.body.decode("utf-8", "replace"))
            _log.info("server answered", url=str(url), status=answer.status, content=content)
        return answer

    async def _read(self, response: httpx2.Response) -> bytes:
        most = self._address.most_bytes
        parts = bytearray()
        async for part in response.aiter_raw():
            parts += part
            if len(parts) > most:
                raise FetchError(Fault.TOO_LARGE, f"the answer is longer than {most} bytes")
        return bytes(parts)

    def _check(self, answer: _Answer, url: httpx2.URL) -> None:
        if answer.status == HTTPStatus.OK:
            return
        fault = fault_of_status(answer.status, answer.body)
        wait = retry_after(answer.headers.get("Retry-After", ""), utc_now())
        raise FetchError(fault, f"status {answer.status}{self._hint(fault, url)}", retry_after_s=wait)

    def _hint(self, fault: Fault, url: httpx2.URL) -> str:
        base, prefix = self._address.base_url.rstrip("/"), self._address.prefix
        match fault:
            case Fault.NO_MODEL:
                return f": the server has no model {self._address.model!r}: correct {prefix}MODEL or load it there"
            case Fault.NOT_FOUND if not base.endswith("/v1"):
                return f": there is no {url}: did you mean {prefix}BASE_URL={base}/v1?"
            case Fault.NOT_FOUND | Fault.REDIRECT:
                return f": there is no {url}: correct {prefix}BASE_URL"
            case Fault.UNAUTHORIZED:
                return f": the server does not accept {prefix}API_KEY"
            case Fault.REFUSED:
                return ": LOG_REMOTE_CONTENT=1 shows what the server says"
        return ""


@asynccontextmanager
async def open_upstream(address: Address, connect_timeout: float) -> AsyncIterator[Upstream]:
    """Open a client with a pool of connections. Raises StartError."""
    # The caller's budget is the only limit, but for one on connecting and one on the TLS handshake: a handshake that is
    # cancelled from outside leaves its socket open (httpcore2 2.16). The system's certificates are read in a thread.
    timeout = httpx2.Timeout(None, connect=connect_timeout)
    http = await asyncio.to_thread(httpx2.AsyncClient, timeout=timeout, follow_redirects=False)
    async with http:
        yield Upstream(address, http)
