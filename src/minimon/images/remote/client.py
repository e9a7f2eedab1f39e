"""One picture from any server that speaks OpenAI's ``POST /images/generations``.

Read for it: vLLM-Omni (seed, num_inference_steps, guidance_scale; base64 only), SGLang-Diffusion (the same fields; an
address, relative perhaps, unless base64 is asked for) and LocalAI (seed, step; an address unless base64 is asked for).
"""

import asyncio
import base64
import binascii
from dataclasses import dataclass
from typing import Any, Final

import httpx2
import orjson

from minimon.settings import Settings
from minimon.upstream.client import Address, Form, Upstream
from minimon.upstream.faults import Fault, FetchError

LONGEST_ADDRESS: Final = 8192
BYTES_PER_PIXEL: Final = 6
"""Four bytes a pixel that nothing could compress, in base64."""
FRAME_BYTES: Final = 262_144


@dataclass(frozen=True, slots=True)
class Request:
    """What a server is asked for."""

    prompt: str
    seed: int
    steps: int


class ImagesClient:
    """Asks one server. Calls may overlap; their time is the caller's to bound."""

    def __init__(self, settings: Settings, upstream: Upstream) -> None:
        self._settings = settings
        self._upstream = upstream
        self._own = _origin(upstream.base)
        self._allowed = {self._own, *(_origin(httpx2.URL(one)) for one in settings.openai_image_url_origins)}

    async def paint(self, request: Request) -> bytes:
        """Return the file that the server made, whatever it is. Raises FetchError."""
        answer = await self._upstream.ask("images/generations", self._forms(request))
        found = await asyncio.to_thread(file_or_address, answer)
        return found if isinstance(found, bytes) else await self._fetch(found)

    def _forms(self, request: Request) -> tuple[Form, ...]:
        """Return the ways to ask: with everything, with what OpenAI's own models of old took, with what all take."""
        settings = self._settings
        width, height = settings.openai_image_size
        model = {"model": settings.openai_image_model} if settings.openai_image_model else {}
        bare: dict[str, Any] = {**model, "prompt": request.prompt, "n": 1, "size": f"{width}x{height}"}
        standard = {**bare, "response_format": "b64_json"}
        steps = {"num_inference_steps": request.steps, "step": request.steps}
        seed = seed_of(request.seed, settings.openai_image_seed_bits)
        full = {**standard, **steps, "seed": seed, "guidance_scale": settings.openai_image_guidance}
        return full, standard, bare

    async def _fetch(self, address: str) -> bytes:
        """Fetch a picture from where the server says that it lies: there, or where a setting allows, and nowhere else.

        A name is not looked up before its origin is found in the list, and redirects are not followed, so that a
        server cannot use us to look around in our network. Only the server itself is sent the key.
        """
        try:
            url = self._upstream.base.join(address)
            origin = _origin(url)
        except (httpx2.InvalidURL, ValueError) as error:
            raise FetchError(Fault.NONSENSE, "the picture's address is none") from error
        if origin not in self._allowed or url.userinfo:
            detail = f"the picture lies at {self._upstream.presentable(address)}: add it to OPENAI_IMAGE_URL_ORIGINS"
            raise FetchError(Fault.FOREIGN, detail)
        return await self._upstream.fetch(url, with_key=origin == self._own)


def address_of(settings: Settings) -> Address:
    """Return the server that the settings name."""
    width, height = settings.openai_image_size
    return Address(
        "OPENAI_IMAGE_",
        settings.openai_image_base_url,
        settings.openai_image_model,
        settings.openai_image_api_key,
        BYTES_PER_PIXEL * width * height + FRAME_BYTES,
        settings.log_remote_content,
    )


def seed_of(seed: int, bits: int) -> int:
    """Return the seed that a server is sent. Never 0, which some read as none."""
    return seed % 2**bits or 1


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)


def file_or_address(answer: bytes) -> bytes | str:
    """Return the file that an answer holds, or the address that it names. Raises FetchError."""
    try:
        data = orjson.loads(answer)
    except orjson.JSONDecodeError as error:
        raise FetchError(Fault.NONSENSE, "the answer is not JSON") from error
    match data:
        case {"data": [{"b64_json": str(text)}, *_]} if text:
            return _decoded(text)
        case {"data": [{"url": str(address)}, *_]} if 0 < len(address) <= LONGEST_ADDRESS:
            return address
    raise FetchError(Fault.NONSENSE, "the answer holds no picture")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise FetchError(Fault.NONSENSE, "the answer's picture is not base64") from error
