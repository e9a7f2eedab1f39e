"""Certified scores, checked from outside: by OpenSSL's command line and by RFC 8785."""

import base64
import hashlib
import json
import re
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import rfc8785
from tests.wire.conftest import exchange, ledger_lines, post, wait_for

FAMILIES = {
    "rsa": (["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "RS256", "RAW", "-sha256"),
    "p256": (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "ES256", "DER", "-sha256"),
    "p384": (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], "ES384", "DER", "-sha384"),
    "p521": (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"], "ES512", "DER", "-sha512"),
    "ed25519": (["-algorithm", "ED25519"], "Ed25519", "RAW", ""),
    "ed448": (["-algorithm", "ED448"], "Ed448", "RAW", ""),
}


def openssl(*arguments: str | Path) -> bytes:
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout


def make_key(path: Path, family: str, *options: str) -> Path:
    openssl("genpkey", *FAMILIES[family][0], *options, "-out", path)
    return path


def make_certificate(key: Path, path: Path) -> Path:
    openssl("req", "-x509", "-new", "-key", key, "-subj", "/CN=test", "-days", "2", "-out", path)
    return path


def assert_openssl_verifies(answer: dict, public_key: Path, digest: str) -> None:
    """Verify the signature with OpenSSL's command line, and see that it refuses other bytes."""
    canonical, signature = public_key.with_name("canonical"), public_key.with_name("signature")
    canonical.write_bytes(base64.b64decode(answer["signed"]["canonicalB64"], validate=True))
    signature.write_bytes(base64.b64decode(answer["signed"]["signatureB64"], validate=True))
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public_key, "-rawin", "-in", canonical]
    command += ["-sigfile", signature, *(["-digest", digest.removeprefix("-")] if digest else [])]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    canonical.write_bytes(canonical.read_bytes() + b" ")
    assert subprocess.run(command, check=False, capture_output=True).returncode != 0


def public_key_of_certificate(certificate: Path, path: Path) -> Path:
    path.write_bytes(openssl("x509", "-in", certificate, "-noout", "-pubkey"))
    return path


def certify(service, **body: object) -> dict:
    with service.client() as client:
        answer = client.post("/v1/certify-score", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "application/json"
        return answer.json()


def test_the_key_of_a_first_start_signs_what_openssl_verifies(service, tmp_path):
    certificate = service.folder / "certs/app_signing_cert.pem"
    answer = certify(service, score=123.4, subject="player42", nonce="run-0007")
    assert_openssl_verifies(answer, public_key_of_certificate(certificate, tmp_path / "public"), "-sha256")
    assert (answer["signed"]["algorithm"], answer["signed"]["signatureFormat"]) == ("ES256", "DER")
    der = openssl("x509", "-in", certificate, "-outform", "DER")
    assert answer["signed"]["certificateFingerprintSHA256"] == hashlib.sha256(der).hexdigest()


def test_the_canonical_bytes_are_the_rfc_8785_form_of_the_payload(service):
    answer = certify(service, score=-0.5, subject='Zoë \u2028 \U0001f409 "quoted" \\ \x7f', nonce="\u20ac\n\t")
    payload = answer["signed"]["payload"]
    assert base64.b64decode(answer["signed"]["canonicalB64"]) == rfc8785.dumps(payload)
    assert payload["subject"] == 'Zoë \u2028 \U0001f409 "quoted" \\ \x7f'
    assert set(payload) == {"id", "score", "nonce", "issuedAt", "subject"}


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("1.0", "1"),
        ("1e3", "1000"),
        ("9007199254740991", "9007199254740991"),
        ("-9007199254740991", "-9007199254740991"),
        ("9007199254740991.0", "9007199254740991"),
        ("0.1", "0.1"),
        ("1e-7", "1e-7"),
        ("5e-324", "5e-324"),
        ("1e-999", "0"),
        ("333333333.33333329", "333333333.3333333"),
        ("0." + "1" * 400, "0.1111111111111111"),
    ],
)
def test_scores_are_written_as_ecmascript_writes_them(service, written, canonical):
    answer = exchange(service, post(b'{"score": %s}' % written.encode()), "POST").json()
    assert f'"score":{canonical}}}'.encode() in base64.b64decode(answer["signed"]["canonicalB64"])
    assert base64.b64decode(answer["signed"]["canonicalB64"]) == rfc8785.dumps(answer["signed"]["payload"])


def test_the_record_is_in_the_ledger_when_the_answer_arrives(service):
    for number in range(3):
        answer = certify(service, score=number, subject="a\nb")
        line = ledger_lines(service)[-1]
        assert line["signed"] == answer["signed"]
        assert line["generatedAt"] == answer["generatedAt"]


def test_the_ledger_holds_the_requests_id(service):
    with service.client() as client:
        client.post("/v1/certify-score", json={"score": 1}, headers={"X-Request-ID": "who-asked"})
    assert ledger_lines(service)[-1]["requestId"] == "who-asked"


def test_generated_at_is_issued_at_and_close_to_now(service):
    before = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    answer = certify(service, score=1)
    after = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    assert answer["generatedAt"] == answer["signed"]["payload"]["issuedAt"]
    assert before <= answer["generatedAt"] <= after


def test_a_nonce_and_an_id_are_made_anew_each_time(service):
    payloads = [certify(service, score=1)["signed"]["payload"] for _ in range(5)]
    assert len({payload["nonce"] for payload in payloads}) == 5
    assert len({payload["id"] for payload in payloads}) == 5
    for payload in payloads:
        assert len(payload["nonce"]) >= 16
        assert re.fullmatch(r"mnm_[a-z2-7]{26}", payload["id"])
        assert "subject" not in payload


def test_a_nonce_that_is_sent_is_kept(service):
    assert certify(service, score=1, nonce="n" * 128)["signed"]["payload"]["nonce"] == "n" * 128


def test_the_longest_fields_are_taken_in_characters_not_bytes(service):
    payload = certify(service, score=1, subject="\U0001f409" * 256, nonce="é" * 128)["signed"]["payload"]
    assert payload["subject"] == "\U0001f409" * 256


def test_a_parameter_of_the_content_type_is_allowed(service):
    answer = exchange(service, post(b'{"score": 1}', content_type="Application/JSON; charset=utf-8"), "POST")
    assert answer.status == 200


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_of_keys_signs_what_openssl_verifies(launch_with_key, family, tmp_path):
    _, algorithm, signature_format, digest = FAMILIES[family]
    key = make_key(tmp_path / "key.pem", family)
    service = launch_with_key(key)
    answer = certify(service, score=7)
    public = tmp_path / "public"
    openssl("pkey", "-in", key, "-pubout", "-out", public)
    assert_openssl_verifies(answer, public, digest)
    assert (answer["signed"]["algorithm"], answer["signed"]["signatureFormat"]) == (algorithm, signature_format)
    assert answer["signed"]["certificateFingerprintSHA256"] is None


@pytest.fixture
def launch_with_key(run_service, tmp_path):
    def launch(key: Path, **variables: str):
        return run_service(MINIMON_SIGNING_KEY_PATH=str(key), MINIMON_TLS="0", **variables)

    return launch


def test_an_encrypted_key_is_opened_by_its_passphrase(launch_with_key, tmp_path):
    key = make_key(tmp_path / "key.pem", "p256", "-aes256", "-pass", "pass:Zoë's secret")
    certificate = tmp_path / "certificate.pem"
    openssl("req", "-x509", "-new", "-key", key, "-passin", "pass:Zoë's secret", "-subj", "/CN=t", "-out", certificate)
    service = launch_with_key(
        key, MINIMON_SIGNING_KEY_PASSPHRASE="Zoë's secret", MINIMON_SIGNING_CERT_PATH=str(certificate)
    )
    answer = certify(service, score=7)
    assert_openssl_verifies(answer, public_key_of_certificate(certificate, tmp_path / "public"), "-sha256")
    assert answer["signed"]["certificateFingerprintSHA256"]
    assert "secret" not in service.log_text()


def wait_for_event(service, event: str) -> dict:
    return wait_for(lambda: [record for record in service.log() if record["event"] == event])[-1]


def test_sighup_takes_a_new_key_and_keeps_the_old_one_where_the_new_one_is_broken(launch_with_key, tmp_path):
    key = make_key(tmp_path / "key.pem", "p256")
    service = launch_with_key(key)
    assert certify(service, score=1)["signed"]["algorithm"] == "ES256"

    make_key(key, "ed25519")
    assert certify(service, score=1)["signed"]["algorithm"] == "ES256"  # not before it is asked to
    service.process.send_signal(signal.SIGHUP)
    assert wait_for_event(service, "signing key read again")["algorithm"] == "Ed25519"
    answer = certify(service, score=2)
    assert answer["signed"]["algorithm"] == "Ed25519"
    openssl("pkey", "-in", key, "-pubout", "-out", tmp_path / "public")
    assert_openssl_verifies(answer, tmp_path / "public", "")

    key.write_text("broken")
    service.process.send_signal(signal.SIGHUP)
    assert str(key) in json.dumps(wait_for_event(service, "signing key not replaced"))
    assert_openssl_verifies(certify(service, score=3), tmp_path / "public", "")


def test_sighup_refuses_a_key_that_does_not_match_its_certificate(launch_with_key, tmp_path):
    key = make_key(tmp_path / "key.pem", "p256")
    certificate = make_certificate(key, tmp_path / "certificate.pem")
    service = launch_with_key(key, MINIMON_SIGNING_CERT_PATH=str(certificate))
    make_key(key, "p256")
    service.process.send_signal(signal.SIGHUP)
    wait_for_event(service, "signing key not replaced")
    answer = certify(service, score=3)
    assert_openssl_verifies(answer, public_key_of_certificate(certificate, tmp_path / "public"), "-sha256")


def test_many_clients_at_once_get_a_record_each(service):
    before = len(ledger_lines(service))
    with service.client() as client, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: client.post("/v1/certify-score", json={"score": n}).json(), range(64)))
    lines = ledger_lines(service)[before:]
    assert {line["signed"]["payload"]["id"] for line in lines} == {a["signed"]["payload"]["id"] for a in answers}
    assert len(lines) == 64
