"""The kinds of values a setting can have: how each is read from text, and in words what is allowed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from minimon.backends import CLUSTER_ENGINES, IMAGE_BACKENDS, LEDGER_STORES, NAME_BACKENDS, SDXL_FAMILIES
from minimon.creatures import Rarity

IPNetwork = IPv4Network | IPv6Network

MOST_WEIGHT = 10**9


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
    fair = min(weights.values()) >= 0 and max(weights.values()) <= MOST_WEIGHT
    if len(weights) < len(pairs) or not fair or not any(weights.values()):
        raise ValueError
    return weights


def _origin(value: str) -> str:
    parts = urlsplit(value)
    known = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0  # a port out of range raises
    exact = value == f"{parts.scheme}://{parts.netloc.lower()}" and "@" not in value  # as browsers write it
    if value != "*" and not (known and exact):
        raise ValueError
    return value


def _exact_origin(value: str) -> str:
    if value == "*":
        raise ValueError
    return _origin(value)


def _redis_url(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    parts = urlsplit(text)
    server = parts.scheme in {"redis", "rediss"} and parts.hostname and parts.port != 0  # a port out of range raises
    sound = (
        server and re.fullmatch(r"(/\d{0,4})?", parts.path) if parts.scheme != "unix" else parts.path not in {"", "/"}
    )
    if text and (
        not sound or "?" in text or "#" in text or not text.isprintable() or " " in text or not text.isascii()
    ):
        raise ValueError
    return value


def _size(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"(\d{2,4})x(\d{2,4})", value)
    if not found:
        raise ValueError
    return int(found[1]), int(found[2])


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    usual = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0  # a port out of range raises
    odd = "@" in parts.netloc or "?" in value or "#" in value or not value.isprintable() or " " in value
    if not usual or odd or parts.path.rstrip("/").endswith(("/completions", "/generations")):
        raise ValueError
    return value


def _ray_address(value: str) -> str:
    parts = urlsplit(value if value.startswith("ray://") else f"ray://{value}")
    place = parts.hostname and parts.port and parts.netloc == value.removeprefix("ray://")
    if value != "auto" and not place:
        raise ValueError
    return value


def _path(value: str) -> str:
    if "\0" in value:
        raise ValueError
    return value


def _pattern(value: str) -> str:
    if re.search(r"\{[^}]*\d{3}", value):  # a width of hundreds is no file name, and one of billions fills the memory
        raise ValueError
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


def _ledger_url(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    scheme, separator, _ = text.partition("://")
    if text and not (separator and scheme and scheme in LEDGER_STORES):
        raise ValueError
    return value


def _whole(value: object) -> object:
    return int(value) if isinstance(value, str) else value


def _token(value: SecretStr) -> SecretStr:
    if any(not "\x21" <= character <= "\x7e" for character in value.get_secret_value()):
        raise ValueError
    return value


Text = Annotated[str, Allowed("any text")]
Host = Annotated[str, Allowed("an address or a host name of this machine")]
Path = Annotated[str, AfterValidator(_path), Allowed("a path, absolute or from the working folder")]
Switch = Annotated[bool, BeforeValidator(_switch), Allowed("1/0, true/false, yes/no or on/off")]
Port = Annotated[int, Field(ge=0, le=65535), Allowed("a whole number from 0 to 65535")]
Index = Annotated[int, Field(ge=0, le=9999), Allowed("a whole number from 0 to 9999")]
LastIndex = Annotated[int, Field(ge=0, le=9999), Allowed("a whole number from 0 to 9999, not below MINIMON_MIN_INDEX")]
Rate = Annotated[int, Field(ge=0, le=10**6), Allowed("a whole number from 0 to 1000000")]
ByteCount = Annotated[int, Field(ge=0, le=4096), Allowed("a whole number from 0 to 4096")]
Replicas = Annotated[int, Field(ge=0, le=10000), Allowed("a whole number from 0 to 10000")]
MostReplicas = Annotated[
    int, Field(ge=1, le=10000), Allowed("a whole number from 1 to 10000, not below MINIMON_RAY_MIN_REPLICAS")
]
Share = Annotated[float, Field(gt=0, le=64), Allowed("a number above 0, up to 64")]
Slots = Annotated[Literal[1, 2, 4, 8], BeforeValidator(_whole), Allowed("1, 2, 4 or 8")]
Queue = Annotated[int, Field(ge=0, le=10000), Allowed("a whole number from 0 to 10000")]
Steps = Annotated[int, Field(ge=1, le=50), Allowed("a whole number from 1 to 50")]
Side = Annotated[int, Field(ge=64, le=2048, multiple_of=8), Allowed("a multiple of 8 from 64 to 2048")]
_Edge = Annotated[int, Field(ge=64, le=2048)]
Size = Annotated[tuple[_Edge, _Edge], BeforeValidator(_size), Allowed("WIDTHxHEIGHT, each from 64 to 2048")]
Guidance = Annotated[float, Field(ge=0, le=20), Allowed("a number from 0 to 20")]
SeedBits = Annotated[int, Field(ge=31, le=53), Allowed("a whole number from 31 to 53")]
Delay = Annotated[float, Field(ge=0, le=86400), Allowed("a number from 0 to 86400")]
Calls = Annotated[int, Field(ge=1, le=1024), Allowed("a whole number from 1 to 1024")]
Pixels = Annotated[int, Field(ge=64, le=2048), Allowed("a whole number from 64 to 2048")]
Seconds = Annotated[float, Field(gt=0, le=600), Allowed("a number above 0, up to 600")]
Pattern = Annotated[str, AfterValidator(_pattern), Allowed("a str.format pattern that gives each index its own name")]
Url = Annotated[
    str,
    AfterValidator(_http_url),
    Allowed("an http:// or https:// address up to its /v1, without the path of a call, user name, password, ? or #"),
]
RayAddress = Annotated[
    str,
    AfterValidator(_ray_address),
    Allowed("auto, HOST:PORT of a head whose node this machine is, or ray://HOST:PORT from elsewhere"),
]
OptionalUrl = Annotated[
    str,
    AfterValidator(lambda value: value and _http_url(value)),
    Allowed("empty, or an http:// or https:// address without user name, password, ? or #"),
]
Origins = Annotated[
    tuple[Annotated[str, AfterValidator(_origin)], ...],
    BeforeValidator(_parts),
    Allowed("comma-separated origins such as https://game.example (no path, no slash at the end), or *"),
]
ExactOrigins = Annotated[
    tuple[Annotated[str, AfterValidator(_exact_origin)], ...],
    BeforeValidator(_parts),
    Allowed("comma-separated origins such as https://files.example (no path, no slash at the end)"),
]
Networks = Annotated[
    tuple[IPNetwork, ...], BeforeValidator(_networks), Allowed("comma-separated CIDRs such as 10.0.0.0/8, fd00::/8")
]
Weights = Annotated[
    Mapping[Rarity, int],
    BeforeValidator(_weights),
    Allowed(
        "comma-separated RARITY=whole number up to 1000000000, at least one above 0; a rarity left out is never drawn"
    ),
]
Language = Annotated[
    Literal["fr", "en", "es", "de", "ja"],
    BeforeValidator(lambda name: str(name).lower()),
    Allowed("fr, en, es, de or ja"),
]
Stock = Annotated[int, Field(ge=32, le=4096), Allowed("a whole number from 32 to 4096")]
StockSize = Annotated[
    Annotated[int, Field(ge=0, le=10000)] | Literal["auto"], Allowed("auto, or a whole number from 0 to 10000")
]
Count = Annotated[int, Field(ge=0, le=100_000), Allowed("a whole number from 0 to 100000")]
Megabytes = Annotated[int, Field(ge=1, le=65536), Allowed("a whole number from 1 to 65536")]
Moment = Annotated[float, Field(ge=0, le=30), Allowed("a number from 0 to 30")]
Quantization = Annotated[Literal["fp8", "int8", "int4", "fp4", "none"], Allowed("fp8, int8, int4, fp4 or none")]
Vae = Annotated[Literal["full", "tiny"], Allowed("full or tiny")]
Family = Annotated[
    str, _member(dict.fromkeys(("auto", *SDXL_FAMILIES), "")), Allowed(f"auto, {', '.join(SDXL_FAMILIES)}")
]
LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARN", "WARNING", "ERROR"],
    BeforeValidator(lambda name: str(name).upper()),
    Allowed("DEBUG, INFO, WARN or ERROR"),
]
ClusterEngine = Annotated[str, _member(dict.fromkeys(CLUSTER_ENGINES, "")), Allowed(" or ".join(CLUSTER_ENGINES))]
Fallback = Annotated[str, _member({"": "", **IMAGE_BACKENDS}), Allowed(f"empty, or one of {', '.join(IMAGE_BACKENDS)}")]
ImageBackend = Annotated[str, _member(IMAGE_BACKENDS), Allowed(f"in this version: {', '.join(IMAGE_BACKENDS)}")]
NameBackend = Annotated[str, _member(NAME_BACKENDS), Allowed(f"in this version: {', '.join(NAME_BACKENDS)}")]
RedisUrl = Annotated[
    SecretStr,
    AfterValidator(_redis_url),
    Allowed(
        "empty, or redis://[user:password@]host[:port][/database], the same with rediss:// for TLS, or unix:///path; "
        "special characters of a password percent-encoded"
    ),
]
Token = Annotated[SecretStr, AfterValidator(_token), Allowed("visible ASCII characters without spaces")]
LedgerUrl = Annotated[
    SecretStr,
    AfterValidator(_ledger_url),
    Allowed("empty, or an address postgresql://USER:PASSWORD@HOST:PORT/DATABASE"),
]
Secret = Annotated[SecretStr, Allowed("any text")]
