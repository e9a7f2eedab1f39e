"""Sign bytes with whatever key the operator chose: one table from key to algorithm, no choice at signing time."""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

from minimon.errors import StartError
from minimon.keys import Pair

RSA_LEAST_BITS = 2048


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


def signer_for(pair: Pair) -> Signer:
    """Return the signer for a key of one of the six families. Raises StartError for any other key."""
    match pair.key:
        case rsa.RSAPrivateKey() as key if key.key_size >= RSA_LEAST_BITS:
            return _rsa(key, pair.fingerprint)
        case ec.EllipticCurvePrivateKey() as key if key.curve.name in _ECDSA:
            return _ecdsa(key, pair.fingerprint)
        case ed25519.Ed25519PrivateKey() as key:
            return Signer("Ed25519", "RAW", pair.fingerprint, key.sign)
        case ed448.Ed448PrivateKey() as key:
            return Signer("Ed448", "RAW", pair.fingerprint, key.sign)
    raise StartError(
        f"{pair.files.key_path}: this key cannot sign scores ({pair.kind}): "
        "use RSA of at least 2048 bits, EC P-256, P-384 or P-521, Ed25519 or Ed448"
    )


def _rsa(key: rsa.RSAPrivateKey, fingerprint: str | None) -> Signer:
    # RFC 7518, section 3.3: RSASSA-PKCS1-v1_5 with SHA-256
    return Signer("RS256", "RAW", fingerprint, lambda data: key.sign(data, padding.PKCS1v15(), hashes.SHA256()))


# RFC 7518, section 3.4: each curve has its hash
_ECDSA: dict[str, tuple[str, hashes.HashAlgorithm]] = {
    "secp256r1": ("ES256", hashes.SHA256()),
    "secp384r1": ("ES384", hashes.SHA384()),
    "secp521r1": ("ES512", hashes.SHA512()),
}


def _ecdsa(key: ec.EllipticCurvePrivateKey, fingerprint: str | None) -> Signer:
    algorithm, digest = _ECDSA[key.curve.name]
    # RFC 6979: no random number, whose failure would give the key away
    scheme = ec.ECDSA(digest, deterministic_signing=True)
    return Signer(algorithm, "DER", fingerprint, lambda data: key.sign(data, scheme))
