"""Key pairs on disk: load and check them, and make them where there are none.

Three exist: TLS (key and certificate), signing (key, certificate optional), checkpoint (key alone). A file that exists
is never overwritten; every fault is a StartError that names the file and the remedy.
"""

import errno
import os
import socket
import ssl
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes, PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from minimon.durable import create_files
from minimon.errors import StartError
from minimon.settings import Settings

TLS_DAYS = 825
"""Longest life that Apple's clients accept for a TLS certificate that a user trusts by hand."""
SIGNING_DAYS = 3650
WARNED_AHEAD = timedelta(days=30)
LONGEST_HOST_NAME = 253
"""RFC 1035, section 2.3.4; and it must be ASCII (RFC 5280, section 4.2.1.6)."""


@dataclass(frozen=True, slots=True)
class PairFiles:
    """Where one pair lies, and what it is for."""

    purpose: str
    key_path: Path
    cert_path: Path
    passphrase: bytes
    cert_optional: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """A private key and its certificate, checked to belong together."""

    files: PairFiles
    key: PrivateKeyTypes
    certificate: x509.Certificate | None
    made: bool

    @property
    def kind(self) -> str:
        """The kind of key, for people: ``RSA 3072``, ``EC secp256r1``, ``Ed25519``."""
        return describe_key(self.key)

    @property
    def fingerprint(self) -> str | None:
        """SHA-256 of the certificate's DER form in lower-case hex; None without a certificate."""
        return self.certificate.fingerprint(hashes.SHA256()).hex() if self.certificate else None


def tls_files(settings: Settings) -> PairFiles:
    """Return where the TLS pair lies. It has no passphrase: a server must start unattended."""
    return PairFiles("TLS", Path(settings.tls_key_path), Path(settings.tls_cert_path), b"", cert_optional=False)


def signing_files(settings: Settings) -> PairFiles:
    """Return where the signing pair lies."""
    passphrase = os.fsencode(settings.signing_key_passphrase.get_secret_value())  # any bytes, as they were set
    paths = Path(settings.signing_key_path), Path(settings.signing_cert_path)
    return PairFiles("signing", *paths, passphrase, cert_optional=True)


def checkpoint_files(settings: Settings) -> PairFiles:
    """Return where the key that signs the ledger's checkpoints lies: Ed25519, without a certificate."""
    path = Path(settings.checkpoint_key_path)
    return PairFiles("checkpoint", path, path.with_suffix(".crt"), b"", cert_optional=True)


def open_pair(files: PairFiles) -> Pair:
    """Load the pair, or make it if neither file exists. Raises StartError."""
    made = not _exists(files.key_path) and not _exists(files.cert_path)
    if made:
        make_pair(files)
    return load_pair(files, made=made)


def load_pair(files: PairFiles, *, made: bool = False) -> Pair:
    """Load the pair and check that its halves belong together. Raises StartError."""
    if not _exists(files.key_path):
        raise StartError(_missing(files.key_path, files.cert_path))
    if not _exists(files.cert_path) and not files.cert_optional:
        raise StartError(_missing(files.cert_path, files.key_path))
    key = _load_key(files)
    _check_permissions(files)
    certificate = _load_certificate(files.cert_path) if _exists(files.cert_path) else None
    if certificate and _public_key(files.cert_path, certificate) != key.public_key():
        raise StartError(
            f"{files.key_path}: does not belong to the certificate {files.cert_path}: "
            "put the key and the certificate of one pair in place"
        )
    if certificate:
        _check_dates(files.cert_path, certificate)
    return Pair(files, key, certificate, made)


def tls_context(pair: Pair) -> ssl.SSLContext:
    """Return what serves TLS with the pair. Raises StartError if TLS cannot use it, as OpenSSL decides."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(pair.files.cert_path, pair.files.key_path)
    except ssl.SSLError as error:
        raise StartError(
            f"{pair.files.cert_path}: TLS cannot use this certificate and its key ({error.reason}): "
            "use RSA of at least 2048 bits or EC P-256"
        ) from error
    return context


def _check_permissions(files: PairFiles) -> None:
    """Refuse a key that other users may read.

    A group may read a TLS key, as systems do it, and any key of another owner, as Kubernetes mounts secrets: there the
    group is how the service itself may read it.
    """
    found = files.key_path.stat()
    mode = stat.S_IMODE(found.st_mode)
    of_another = found.st_uid != os.geteuid()
    if mode & (0o007 if files.purpose == "TLS" or of_another else 0o077):
        raise StartError(f"{files.key_path}: other users may read it (mode {mode:04o}): chmod 600 {files.key_path}")


def _check_dates(path: Path, certificate: x509.Certificate) -> None:
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begin <= datetime.now(UTC) <= end:
        raise StartError(f"{path}: is valid from {begin:%Y-%m-%d} to {end:%Y-%m-%d} only: put a valid one in place")


def expiry_warning(pair: Pair, now: datetime) -> str | None:
    """Return a line if the pair's certificate expires within 30 days."""
    if pair.certificate is None or pair.certificate.not_valid_after_utc - now > WARNED_AHEAD:
        return None
    return f"the {pair.files.purpose} certificate expires on {pair.certificate.not_valid_after_utc:%Y-%m-%d}"


def _exists(path: Path) -> bool:
    """Say whether the file is there. Not to be allowed to look is a fault of its own, not an absence."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _unreadable(path, error) from error
    return True


def _public_key(path: Path, certificate: x509.Certificate) -> CertificatePublicKeyTypes:
    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise StartError(f"{path}: its kind of key is not supported: put another certificate in place") from error


def _missing(missing: Path, other: Path) -> str:
    remedy = f"put it in place, or move {other} away to have a new pair made" if _exists(other) else "make the pair"
    return f"{missing}: is missing: {remedy}"


def _read(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file() and not path.is_dir():  # reading a pipe would wait for ever
            raise StartError(f"{path}: is not a regular file: put the PEM file itself in place")
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> StartError:
    return StartError(f"{path}: cannot be read ({error.strerror}): make it readable for this user")


def _load_key(files: PairFiles) -> PrivateKeyTypes:
    pem = _read(files.key_path)
    try:
        return serialization.load_pem_private_key(pem, files.passphrase or None)
    except TypeError as error:  # a passphrase is missing, or one too many
        raise StartError(f"{files.key_path}: {_passphrase_fault(files)}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise StartError(f"{files.key_path}: {_key_fault(pem)}") from error


def _passphrase_fault(files: PairFiles) -> str:
    if files.passphrase:
        return "is not encrypted, yet MINIMON_SIGNING_KEY_PASSPHRASE is set: unset it"
    if files.purpose == "signing":
        return "is encrypted: set MINIMON_SIGNING_KEY_PASSPHRASE"
    return "is encrypted: store it without a passphrase (openssl pkey -in FILE -out NEW_FILE)"


def _key_fault(pem: bytes) -> str:
    if b"ENCRYPTED" in pem:
        return "the passphrase does not open it: correct MINIMON_SIGNING_KEY_PASSPHRASE"
    return "is not a private key in PEM form: put one in place (openssl genpkey makes one)"


def _load_certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(_read(path))
    except ValueError as error:
        raise StartError(f"{path}: is not a certificate in PEM form: put one in place") from error


def make_pair(files: PairFiles) -> None:
    """Make a P-256 key (mode 0600) and a self-signed certificate; for checkpoints an Ed25519 key alone.

    Both files appear, or neither. Raises StartError if they cannot be written.
    """
    if files.purpose == "checkpoint":
        _create({files.key_path: (_encode_key(Ed25519PrivateKey.generate(), files.passphrase), 0o600)})
        return
    key = ec.generate_private_key(ec.SECP256R1())
    private = _encode_key(key, files.passphrase)
    certificate = _self_signed(key, files.purpose)
    public = certificate.public_bytes(serialization.Encoding.PEM)
    _create({files.cert_path: (public, 0o644), files.key_path: (private, 0o600)})


def _encode_key(key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey, passphrase: bytes) -> bytes:
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    lock = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    try:
        return key.private_bytes(pem, pkcs8, lock)
    except ValueError as error:
        raise StartError(
            "MINIMON_SIGNING_KEY_PASSPHRASE is too long for a key: set one of at most 1023 bytes"
        ) from error


def _create(contents: Mapping[Path, tuple[bytes, int]]) -> None:
    paths = ", ".join(map(str, contents))
    try:
        create_files(contents)
    except FileExistsError as error:
        raise StartError(f"{paths}: another process made one of them just now: start again") from error
    except OSError as error:
        remedy = "make room and" if error.errno in {errno.ENOSPC, errno.EDQUOT} else "make the folder writable and"
        raise StartError(f"{paths}: cannot be made ({error.strerror}): {remedy} start again") from error


def _self_signed(key: ec.EllipticCurvePrivateKey, purpose: str) -> x509.Certificate:
    now = datetime.now(UTC)
    tls = purpose == "TLS"
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Minimon" if tls else "Minimon score signing")])
    builder = (
        x509.CertificateBuilder()
        .issuer_name(name)
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # clocks of clients differ
        .not_valid_after(now + timedelta(days=TLS_DAYS if tls else SIGNING_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    if tls:
        builder = builder.add_extension(x509.SubjectAlternativeName(_own_names()), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(key, hashes.SHA256())


def _own_names() -> Sequence[x509.GeneralName]:
    """Return the names that the contract promises; a host name that no certificate can hold is left out."""
    hosts = ["localhost"]
    host = socket.gethostname()
    if host.isascii() and host.lower() != "localhost" and 0 < len(host) <= LONGEST_HOST_NAME:
        hosts.append(host)
    addresses = [x509.IPAddress(ip_address(text)) for text in ("127.0.0.1", "::1")]
    return [*map(x509.DNSName, hosts), *addresses]


def describe_key(key: PrivateKeyTypes) -> str:
    """Return the kind of a key in words."""
    match key:
        case rsa.RSAPrivateKey():
            return f"RSA {key.key_size}"
        case ec.EllipticCurvePrivateKey():
            return f"EC {key.curve.name}"
    return type(key).__name__.removesuffix("PrivateKey")
