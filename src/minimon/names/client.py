"""One question to any server that speaks ``POST /chat/completions``."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import orjson

from minimon.settings import Settings
from minimon.upstream.client import Address, Form, Upstream, open_upstream
from minimon.upstream.faults import Fault, FetchError

MOST_BYTES: Final = 262_144
"""An answer may be so long: 30 names take 1,000, and a model's thoughts before them perhaps 100,000."""

Message = Mapping[str, str]


class NamesClient:
    """Asks one server for one model. One object serves the process; calls may overlap."""

    def __init__(self, settings: Settings, upstream: Upstream) -> None:
        self._settings = settings
        self._upstream = upstream
        self.presentable = upstream.presentable

    async def complete(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> str:
        """Return what the model says, hopefully JSON after ``schema``. Takes ``OPENAI_TIMEOUT`` at most, all in all.

        A server that refuses the schema is asked for any JSON, then without a form, and is not asked again for what
        it refused once another form went through. Raises FetchError.
        """
        asked: dict[str, Any] = {"model": self._settings.openai_model, "messages": messages}
        try:
            async with asyncio.timeout(self._settings.openai_timeout):
                answer = await self._upstream.ask("chat/completions", [{**asked, **form} for form in forms(schema)])
        except TimeoutError as error:
            detail = f"no answer within OPENAI_TIMEOUT ({self._settings.openai_timeout:g} s)"
            raise FetchError(Fault.TIMEOUT, detail) from error
        return _content(answer)


def forms(schema: Mapping[str, Any]) -> tuple[Form, ...]:
    """Return the forms to ask in, the strictest first; the last holds nothing that a server could refuse."""
    limits = {"temperature": 1.0, "max_tokens": 1024}
    named_schema = {"name": "names", "strict": True, "schema": schema}
    return (
        {**limits, "response_format": {"type": "json_schema", "json_schema": named_schema}},
        {**limits, "response_format": {"type": "json_object"}},
        {},
    )


def _content(answer: bytes) -> str:
    try:
        data = orjson.loads(answer)
    except orjson.JSONDecodeError as error:
        raise FetchError(Fault.NONSENSE, "the answer is not JSON") from error
    match data:
        case {"choices": [{"message": {"content": str(content)}}, *_]}:
            return content
    raise FetchError(Fault.NONSENSE, "the answer is no chat completion")


@asynccontextmanager
async def open_client(settings: Settings) -> AsyncIterator[NamesClient]:
    """Open a client with a pool of connections. Raises StartError."""
    address = Address(
        "OPENAI_",
        settings.openai_base_url,
        settings.openai_model,
        settings.openai_api_key,
        MOST_BYTES,
        settings.log_remote_content,
    )
    async with open_upstream(address, settings.openai_timeout / 2) as upstream:
        yield NamesClient(settings, upstream)
