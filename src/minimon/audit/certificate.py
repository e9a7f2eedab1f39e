"""Check one certificate, as a client holds it, against public keys."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minimon.audit.canonical import canonical
from minimon.audit.keys import Key, read_key
from minimon.audit.lines import SIGNED, strict

Check = dict[str, Any]


def check_certificate(value: Mapping[str, Any], keys: Sequence[Mapping[str, str]]) -> list[Check]:
    """Return each check with name, ok and detail. The algorithm is the key's, never the certificate's (RFC 8725)."""
    signed = value.get("signed")
    checks: list[Check] = []
    steps: list[tuple[str, Callable[[Any], str]]] = [
        ("form", _form),
        ("canonical", _canonical),
        ("signature", lambda part: _signature(part, [read_key(jwk) for jwk in keys])),
    ]
    for name, step in steps:
        try:
            checks.append({"name": name, "ok": True, "detail": step(signed)})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            checks.append({"name": name, "ok": False, "detail": str(error) or "not well formed"})
    return checks


def _form(signed: Any) -> str:
    if not isinstance(signed, dict) or set(signed) != set(SIGNED) or not isinstance(signed["payload"], dict):
        raise ValueError("'signed' has not the fields of a certificate")
    return "the fields are those of a certificate"


def _canonical(signed: Any) -> str:
    if canonical(signed["payload"]).encode() != strict(signed["canonicalB64"]):
        raise ValueError("canonicalB64 is not the RFC 8785 form of the payload")
    return "canonicalB64 is the RFC 8785 form of the payload"


def _signature(signed: Any, keys: Sequence[Key]) -> str:
    data, signature = strict(signed["canonicalB64"]), strict(signed["signatureB64"])
    for key in keys:
        if key.accepts(signature, data):
            if (signed["algorithm"], signed["signatureFormat"]) != (key.algorithm, key.signature_format):
                raise ValueError(f"key {key.kid} signed it with {key.algorithm}, and the certificate says otherwise")
            return f"signed by key {key.kid} with {key.algorithm}"
    raise ValueError("no key of this ledger signed it")
