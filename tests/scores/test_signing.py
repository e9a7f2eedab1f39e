"""Signatures of every kind of key, verified by OpenSSL and not by our own code."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x448, x25519

from minimon.errors import StartError
from minimon.keys import Pair, PairFiles, load_pair, make_pair
from minimon.scores.signing import signer_for

DATA = b'{"id":"mnm_aaaqeayeaudaocajbifqydiob4","score":1}'
EVERY = {
    "RSA 2048": ("RS256", "RAW", "sha256", lambda: rsa.generate_private_key(65537, 2048)),
    "RSA 3072": ("RS256", "RAW", "sha256", lambda: rsa.generate_private_key(65537, 3072)),
    "P-256": ("ES256", "DER", "sha256", lambda: ec.generate_private_key(ec.SECP256R1())),
    "P-384": ("ES384", "DER", "sha384", lambda: ec.generate_private_key(ec.SECP384R1())),
    "P-521": ("ES512", "DER", "sha512", lambda: ec.generate_private_key(ec.SECP521R1())),
    "Ed25519": ("Ed25519", "RAW", None, ed25519.Ed25519PrivateKey.generate),
    "Ed448": ("Ed448", "RAW", None, ed448.Ed448PrivateKey.generate),
}
REFUSED = {
    "RSA 1024": (lambda: rsa.generate_private_key(65537, 1024), "RSA 1024"),
    "RSA 2040": (lambda: rsa.generate_private_key(65537, 2040), "RSA 2040"),
    "P-224": (lambda: ec.generate_private_key(ec.SECP224R1()), "EC secp224r1"),
    "secp256k1": (lambda: ec.generate_private_key(ec.SECP256K1()), "EC secp256k1"),
    "brainpool": (lambda: ec.generate_private_key(ec.BrainpoolP256R1()), "EC brainpoolP256r1"),
    "X25519": (x25519.X25519PrivateKey.generate, "X25519"),
    "X448": (x448.X448PrivateKey.generate, "X448"),
    "DSA": (lambda: dsa.generate_private_key(1024), "DSA"),
}


def pair_on_disk(folder, key):
    path = folder / "key.pem"
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    path.chmod(0o600)
    return load_pair(PairFiles("signing", path, folder / "none.pem", b"", cert_optional=True))


@pytest.fixture(scope="module", params=EVERY)
def family(request, tmp_path_factory):
    """One family: what its answers should say, the hash, the pair, and its public key in a file."""
    algorithm, signature_format, digest, make = EVERY[request.param]
    folder = tmp_path_factory.mktemp("family")
    pair = pair_on_disk(folder, make())
    public = folder / "public.pem"
    command = ["openssl", "pkey", "-in", str(pair.files.key_path), "-pubout", "-out", str(public)]
    subprocess.run(command, check=True, capture_output=True)
    return algorithm, signature_format, digest, pair, public


def openssl_accepts(family, folder, data, signature):
    _, _, digest, _, public = family
    (folder / "data").write_bytes(data)
    (folder / "signature").write_bytes(signature)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(public), "-rawin"]
    command += ["-in", str(folder / "data"), "-sigfile", str(folder / "signature")]
    command += ["-digest", digest] if digest else []
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Signature Verif" in run.stdout, run.stderr  # a broken command is no verdict
    return run.returncode == 0


def test_the_answer_names_the_algorithm_and_the_format_of_the_key(family):
    algorithm, signature_format, _, pair, _ = family
    signer = signer_for(pair)
    assert (signer.algorithm, signer.signature_format, signer.fingerprint) == (algorithm, signature_format, None)


def test_openssl_accepts_the_signature(family, tmp_path):
    assert openssl_accepts(family, tmp_path, DATA, signer_for(family[3]).sign(DATA))


def test_openssl_rejects_one_changed_bit_of_the_data(family, tmp_path):
    signature = signer_for(family[3]).sign(DATA)
    for index in (0, len(DATA) - 1):
        changed = bytearray(DATA)
        changed[index] ^= 1
        assert not openssl_accepts(family, tmp_path, bytes(changed), signature)


def test_openssl_rejects_one_changed_bit_of_the_signature(family, tmp_path):
    signature = bytearray(signer_for(family[3]).sign(DATA))
    signature[-2] ^= 1
    assert not openssl_accepts(family, tmp_path, DATA, bytes(signature))


def test_signing_needs_no_random_number(family):
    sign = signer_for(family[3]).sign
    assert sign(DATA) == sign(DATA)
    assert sign(DATA) != sign(DATA + b" ")


def test_several_threads_may_sign_at_once(family):
    sign = signer_for(family[3]).sign
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: sign(DATA), range(40)))) == 1


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@pytest.mark.parametrize("name", REFUSED)
def test_any_other_key_is_refused_with_its_kind_and_the_remedy(tmp_path, name):
    make, kind = REFUSED[name]
    pair = pair_on_disk(tmp_path, make())
    with pytest.raises(StartError) as caught:
        signer_for(pair)
    (fault,) = caught.value.faults
    assert fault.startswith(f"{pair.files.key_path}: this key cannot sign scores ({kind}): use RSA of at least 2048")


def test_the_fingerprint_is_that_of_the_certificate_as_openssl_shows_it(tmp_path):
    files = PairFiles("signing", tmp_path / "key.pem", tmp_path / "cert.pem", b"", cert_optional=True)
    make_pair(files)
    fingerprint = signer_for(load_pair(files)).fingerprint
    command = ["openssl", "x509", "-in", str(files.cert_path), "-noout", "-fingerprint", "-sha256"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert fingerprint == shown.strip().partition("=")[2].replace(":", "").lower()


def test_openssl_verifies_with_the_certificate_that_was_made(tmp_path):
    files = PairFiles("signing", tmp_path / "key.pem", tmp_path / "cert.pem", b"", cert_optional=True)
    make_pair(files)
    public = tmp_path / "public.pem"
    command = ["openssl", "x509", "-in", str(files.cert_path), "-noout", "-pubkey"]
    public.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    family = ("ES256", "DER", "sha256", None, public)
    assert openssl_accepts(family, tmp_path, DATA, signer_for(load_pair(files)).sign(DATA))


def test_the_digest_of_each_curve_is_its_own():
    """ES384 with SHA-256 would verify nowhere; the library would sign it without a word."""
    key = ec.generate_private_key(ec.SECP384R1())
    signer = signer_for(Pair(PairFiles("signing", None, None, b"", cert_optional=True), key, None, made=False))
    key.public_key().verify(signer.sign(DATA), DATA, ec.ECDSA(hashes.SHA384()))
