"""Public keys: their names, their JSON form, and verification by the key's own algorithm."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

VerifyingKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey

RSA_LEAST_BITS = 2048
ECDSA: Mapping[str, tuple[str, str, hashes.HashAlgorithm]] = {
    "secp256r1": ("ES256", "P-256", hashes.SHA256()),
    "secp384r1": ("ES384", "P-384", hashes.SHA384()),
    "secp521r1": ("ES512", "P-521", hashes.SHA512()),
}
"""RFC 7518, section 3.4: each curve has its algorithm, its name and its hash."""
_EDWARDS: Mapping[str, Callable[[bytes], VerifyingKey]] = {
    "Ed25519": ed25519.Ed25519PublicKey.from_public_bytes,
    "Ed448": ed448.Ed448PublicKey.from_public_bytes,
}
_CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that verifies scores. Its algorithm comes from the key itself, never from what is verified (RFC 8725)."""

    key: VerifyingKey
    algorithm: str
    jwk: Mapping[str, str]
    """RFC 7517, with the required members alone."""
    kid: str
    """RFC 7638: the thumbprint of ``jwk``."""

    @property
    def signature_format(self) -> str:
        """``DER`` for ECDSA, else ``RAW``."""
        return "DER" if isinstance(self.key, ec.EllipticCurvePublicKey) else "RAW"

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Say whether ``signature`` over ``data`` is this key's."""
        try:
            match self.key:
                case rsa.RSAPublicKey():
                    self.key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
                case ec.EllipticCurvePublicKey():
                    self.key.verify(signature, data, ec.ECDSA(ECDSA[self.key.curve.name][2]))
                case _:
                    self.key.verify(signature, data)
        except InvalidSignature:
            return False
        return True

    def pem(self) -> bytes:
        """Return the key as PEM (SubjectPublicKeyInfo)."""
        return self.key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def public_key(key: object) -> PublicKey | None:
    """Return the key with its algorithm and names; None for a kind that cannot sign scores."""
    match key:
        case rsa.RSAPublicKey() if key.key_size >= RSA_LEAST_BITS:
            numbers = key.public_numbers()
            return _named(key, "RS256", {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)})
        case ec.EllipticCurvePublicKey() if key.curve.name in ECDSA:
            algorithm, curve, _ = ECDSA[key.curve.name]
            return _named(key, algorithm, {"kty": "EC", "crv": curve} | _coordinates(key))
        case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey():
            curve = "Ed25519" if isinstance(key, ed25519.Ed25519PublicKey) else "Ed448"
            return _named(key, curve, {"kty": "OKP", "crv": curve, "x": _encode(key.public_bytes_raw())})
    return None


def _named(key: VerifyingKey, algorithm: str, jwk: dict[str, str]) -> PublicKey:
    thumbprint = sha256(rfc8785.dumps(dict(jwk))).digest()
    return PublicKey(key, algorithm, jwk, _encode(thumbprint))


def _coordinates(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """Return the point's coordinates in full width (RFC 7518, section 6.2.1.2)."""
    width, numbers = (key.key_size + 7) // 8, key.public_numbers()
    return {"x": _encode(numbers.x.to_bytes(width)), "y": _encode(numbers.y.to_bytes(width))}


def public_key_from_jwk(jwk: Mapping[str, str]) -> PublicKey:
    """Return the key of a JWK that ``public_key`` made. Raises ValueError or KeyError for anything else."""
    match jwk["kty"]:
        case "RSA":
            key: object = rsa.RSAPublicNumbers(_integer(jwk["e"]), _integer(jwk["n"])).public_key()
        case "EC":
            curve = _CURVES[jwk["crv"]]
            key = ec.EllipticCurvePublicNumbers(_integer(jwk["x"]), _integer(jwk["y"]), curve).public_key()
        case _:
            key = _EDWARDS[jwk["crv"]](_decode(jwk["x"]))
    found = public_key(key)
    if found is None or found.jwk != jwk:
        raise ValueError("key")
    return found


def _number(number: int) -> str:
    return _encode(number.to_bytes((number.bit_length() + 7) // 8))


def _integer(text: str) -> int:
    return int.from_bytes(_decode(text))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
