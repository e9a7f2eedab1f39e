"""Public keys from their JSON form, and verification by the algorithm that the key, not the message, decides."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

CURVES: Mapping[str, tuple[ec.EllipticCurve, str, hashes.HashAlgorithm]] = {
    "P-256": (ec.SECP256R1(), "ES256", hashes.SHA256()),
    "P-384": (ec.SECP384R1(), "ES384", hashes.SHA384()),
    "P-521": (ec.SECP521R1(), "ES512", hashes.SHA512()),
}


@dataclass(frozen=True, slots=True)
class Key:
    """A key that signs scores."""

    kid: str
    algorithm: str
    signature_format: str
    _verify: Callable[[bytes, bytes], None]

    def accepts(self, signature: bytes, data: bytes) -> bool:
        """Say whether the signature over ``data`` is right."""
        try:
            self._verify(signature, data)
        except InvalidSignature:
            return False
        return True


def read_key(jwk: Mapping[str, str]) -> Key:
    """Return the key of a JWK (RFC 7517) with its RFC 7638 name. Raises ValueError, KeyError or TypeError."""
    members = ",".join(f'"{name}":"{jwk[name]}"' for name in sorted(_REQUIRED[jwk["kty"]]))
    kid = base64.urlsafe_b64encode(sha256(f"{{{members}}}".encode()).digest()).rstrip(b"=").decode()
    match jwk["kty"]:
        case "EC":
            curve, algorithm, digest = CURVES[jwk["crv"]]
            point = ec.EllipticCurvePublicNumbers(_integer(jwk["x"]), _integer(jwk["y"]), curve).public_key()
            scheme = ec.ECDSA(digest)
            return Key(kid, algorithm, "DER", lambda signature, data: point.verify(signature, data, scheme))
        case "RSA":
            modulus = rsa.RSAPublicNumbers(_integer(jwk["e"]), _integer(jwk["n"])).public_key()
            pkcs1, sha = padding.PKCS1v15(), hashes.SHA256()
            return Key(kid, "RS256", "RAW", lambda signature, data: modulus.verify(signature, data, pkcs1, sha))
    kinds = {"Ed25519": ed25519.Ed25519PublicKey, "Ed448": ed448.Ed448PublicKey}
    edwards = kinds[jwk["crv"]]
    return Key(kid, jwk["crv"], "RAW", edwards.from_public_bytes(_bytes(jwk["x"])).verify)  # type: ignore[attr-defined]  # both have it


_REQUIRED = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n"), "OKP": ("crv", "kty", "x")}
"""RFC 7638, section 3.2, and RFC 8037, section 2."""


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _integer(text: str) -> int:
    return int.from_bytes(_bytes(text))
