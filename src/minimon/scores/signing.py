"""Sign bytes with whatever key the operator chose: one table from key to algorithm, no choice at signing time."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

from minimon.errors import SigningFailedError, StartError
from minimon.keys import Pair
from minimon.scores.canonical import canonical_json
from minimon.scores.public import ECDSA, PublicKey, public_key


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs bytes. Safe to use from several threads at once."""

    algorithm: str
    """Name of the algorithm, as in RFC 7518 and RFC 9864: RS256, ES256, ES384, ES512, Ed25519, Ed448."""
    signature_format: str
    """``DER`` (ECDSA: RFC 3279, section 2.2.3) or ``RAW`` (the bytes that RSA and EdDSA define)."""
    fingerprint: str | None
    """SHA-256 of the certificate in lower-case hex, None without one."""
    sign: Callable[[bytes], bytes]
    kid: str = ""
    """RFC 7638 thumbprint of the public key."""


def signer_for(pair: Pair) -> Signer:
    """Return the signer for a key of one of the six families. Raises StartError for any other key."""
    public = public_key_for(pair)
    return Signer(public.algorithm, public.signature_format, pair.fingerprint, _signing(pair.key), public.kid)


def public_key_for(pair: Pair) -> PublicKey:
    """Return the public half of a key of one of the six families. Raises StartError for any other key."""
    if found := public_key(pair.key.public_key()):
        return found
    raise StartError(
        f"{pair.files.key_path}: this key cannot sign scores ({pair.kind}): "
        "use RSA of at least 2048 bits, EC P-256, P-384 or P-521, Ed25519 or Ed448"
    )


def _signing(key: object) -> Callable[[bytes], bytes]:
    match key:
        case rsa.RSAPrivateKey():
            # RFC 7518, section 3.3: RSASSA-PKCS1-v1_5 with SHA-256
            return lambda data: key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        case ec.EllipticCurvePrivateKey():
            # RFC 6979: no random number, whose failure would give the key away
            scheme = ec.ECDSA(ECDSA[key.curve.name][2], deterministic_signing=True)
            return lambda data: key.sign(data, scheme)
        case ed25519.Ed25519PrivateKey() | ed448.Ed448PrivateKey():
            return key.sign
    raise TypeError(key)


def sign_payload(signer: Signer, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``signed`` object of an answer: the payload, its canonical form, and the signature over that.

    Raises SigningFailedError.
    """
    canonical = canonical_json(payload)
    try:
        signature = signer.sign(canonical)
    except Exception as error:  # what a key or its hardware may raise is not ours to list
        raise SigningFailedError from error
    return {
        "payload": payload,
        "canonicalB64": base64.b64encode(canonical).decode(),
        "signatureB64": base64.b64encode(signature).decode(),
        "algorithm": signer.algorithm,
        "signatureFormat": signer.signature_format,
        "certificateFingerprintSHA256": signer.fingerprint,
    }
