"""The kinds of values a setting can have: how each is read from text, and in words what is allowed."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from minimon.backends import IMAGE_BACKENDS, NAME_BACKENDS
from minimon.creatures import Rarity

IPNetwork = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a value may be, in words, for the error message and the documentation."""

    text: str


def _switch(value: object) -> bool:
    word = str(value).lower()
    if word not in {"1", "true", "yes", "on", "0", "false", "no", "off"}:
        raise ValueError
    return word in {"1", "true", "yes", "on"}


def _parts(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _networks(value: object) -> object:
    return (
        tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
        if isinstance(value, str)
        else value
    )


def _weights(value: object) -> object:
    if not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in value.split(",")]
    weights = {Rarity(name.strip().upper()): int(weight) for name, _, weight in pairs}
    if len(weights) < len(pairs) or min(weights.values()) < 0 or not any(weights.values()):
        raise ValueError
    return weights


def _origin(value: str) -> str:
    parts = urlsplit(value)
    known = parts.scheme in {"http", "https"} and parts.hostname
    if value != "*" and not (known and value == f"{parts.scheme}://{parts.netloc}"):
        raise ValueError
    return value


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError
    return value


def _pattern(value: str) -> str:
    try:
        distinct = value.format(0) != value.format(1)
    except (LookupError, AttributeError, TypeError) as error:
        raise ValueError from error
    if not distinct:
        raise ValueError
    return value


def _member(table: Mapping[str, str]) -> AfterValidator:
    def check(name: str) -> str:
        if name not in table:
            raise ValueError
        return name

    return AfterValidator(check)


def _token(value: SecretStr) -> SecretStr:
    if any(not "\x21" <= character <= "\x7e" for character in value.get_secret_value()):
        raise ValueError
    return value


Text = Annotated[str, Allowed("any text")]
Host = Annotated[str, Allowed("an address or a host name of this machine")]
Path = Annotated[str, Allowed("a path, absolute or from the working folder")]
Switch = Annotated[bool, BeforeValidator(_switch), Allowed("1/0, true/false, yes/no or on/off")]
Port = Annotated[int, Field(ge=0, le=65535), Allowed("a whole number from 0 to 65535")]
Index = Annotated[int, Field(ge=0, le=9999), Allowed("a whole number from 0 to 9999")]
LastIndex = Annotated[int, Field(ge=0, le=9999), Allowed("a whole number from 0 to 9999, not below MINIMON_MIN_INDEX")]
Rate = Annotated[int, Field(ge=0, le=10**6), Allowed("a whole number from 0 to 1000000")]
ByteCount = Annotated[int, Field(ge=0, le=4096), Allowed("a whole number from 0 to 4096")]
Steps = Annotated[int, Field(ge=1, le=50), Allowed("a whole number from 1 to 50")]
Side = Annotated[int, Field(ge=64, le=2048, multiple_of=8), Allowed("a multiple of 8 from 64 to 2048")]
Seconds = Annotated[float, Field(gt=0, le=600), Allowed("a number above 0, up to 600")]
Pattern = Annotated[str, AfterValidator(_pattern), Allowed("a str.format pattern that gives each index its own name")]
Url = Annotated[str, AfterValidator(_http_url), Allowed("an http:// or https:// address")]
Origins = Annotated[
    tuple[Annotated[str, AfterValidator(_origin)], ...],
    BeforeValidator(_parts),
    Allowed("comma-separated origins such as https://game.example (no path, no slash at the end), or *"),
]
Networks = Annotated[
    tuple[IPNetwork, ...], BeforeValidator(_networks), Allowed("comma-separated CIDRs such as 10.0.0.0/8, fd00::/8")
]
Weights = Annotated[
    Mapping[Rarity, int],
    BeforeValidator(_weights),
    Allowed("comma-separated RARITY=whole number, at least one above 0; a rarity left out is never drawn"),
]
Quantization = Annotated[Literal["fp8", "int8", "int4", "fp4", "none"], Allowed("fp8, int8, int4, fp4 or none")]
LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARN", "WARNING", "ERROR"],
    BeforeValidator(lambda name: str(name).upper()),
    Allowed("DEBUG, INFO, WARN or ERROR"),
]
ImageBackend = Annotated[str, _member(IMAGE_BACKENDS), Allowed(f"in this version: {', '.join(IMAGE_BACKENDS)}")]
NameBackend = Annotated[str, _member(NAME_BACKENDS), Allowed(f"in this version: {', '.join(NAME_BACKENDS)}")]
Token = Annotated[SecretStr, AfterValidator(_token), Allowed("visible ASCII characters without spaces")]
Secret = Annotated[SecretStr, Allowed("any text")]
