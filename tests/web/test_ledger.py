"""The ledger over HTTP, seen by a client that trusts nothing but the checkpoints' public key."""

import base64
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from minimon.audit.notes import NoteReader
from minimon.audit.tree import hash_leaf, root_from_path, roots_from_consistency


@pytest.fixture(scope="module", params=["file", "postgres"])
def service(request, service, start_real, tmp_path_factory):
    """The service with each of its stores."""
    if request.param == "file":
        yield service
        return
    server = request.getfixturevalue("postgres")
    variables = {"MINIMON_RATE_LIMIT_PER_MIN": "0", "MINIMON_LEDGER_URL": server.url(server.database())}
    running = start_real(tmp_path_factory.mktemp("service"), variables)
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def client(service):
    with service.client() as client:
        yield client


@pytest.fixture(scope="module")
def reader(client):
    return NoteReader(client.get("/v1/ledger/key").text)


def certify(client, score=1, query="", **fields):
    answer = client.post(f"/v1/certify-score{query}", json={"score": score, **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()


def nodes(texts):
    return [bytes.fromhex(text) for text in texts]


def test_a_full_receipt_holds_all_that_an_offline_check_needs(client, reader):
    for _ in range(5):
        answer = certify(client, 7.5, "?receipt=full", subject="Zoë")
        receipt = answer["receipt"]
        signed = reader.read(receipt["checkpoint"].encode())
        assert (signed.size, signed.root.hex()) == (receipt["treeSize"], receipt["rootHash"])
        line = base64.b64decode(receipt["lineB64"], validate=True)
        path = nodes(receipt["inclusionProof"])
        assert root_from_path(hash_leaf(line), receipt["index"], signed.size, path) == signed.root
        assert client.get(f"/v1/ledger/records/{receipt['index']}").content == line
        assert certify(client)["receipt"].keys() == {"index", "treeSize", "rootHash"}


def test_a_record_is_provably_in_the_present_checkpoint_as_soon_as_it_is_answered(client, reader):
    for _ in range(20):
        index = certify(client)["receipt"]["index"]
        signed = reader.read(client.get("/v1/ledger/checkpoint").content)
        assert signed.size > index
        proof = client.get("/v1/ledger/proof", params={"index": index, "size": signed.size}).json()
        leaf = hash_leaf(client.get(f"/v1/ledger/records/{index}").content)
        assert root_from_path(leaf, index, signed.size, nodes(proof["inclusionProof"])) == signed.root


def test_every_size_is_a_beginning_of_every_later_one(client, reader):
    certify(client)
    last = reader.read(client.get("/v1/ledger/checkpoint").content)
    for first in range(1, last.size + 1):
        answer = client.get("/v1/ledger/consistency", params={"from": first, "to": last.size}).json()
        old, path = bytes.fromhex(answer["fromRootHash"]), nodes(answer["consistencyProof"])
        assert roots_from_consistency(first, last.size, old, path) == (old, last.root)


@pytest.mark.parametrize(
    "query",
    ["proof?index=x", "proof?index=-1", "consistency?from=-1", "proof?index=1e0", "proof?index=%D9%A1",
     "proof?index=0&size="],
)  # fmt: skip
def test_what_is_no_number_in_its_range_is_refused(client, query):
    answer = client.get(f"/v1/ledger/{query}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_PAYLOAD")


@pytest.mark.parametrize(
    "path",
    [
        "ledger/records/99999999",
        "ledger/records/x",
        "ledger/records/-1",
        "keys/x.pem",
        "ledger/proof?index=1&size=1",
        "ledger/proof?index=0&size=99999999",
        "ledger/consistency?from=0",
        "ledger/consistency?from=2&to=1",
    ],
)
def test_what_is_not_there_is_not_found(client, path):
    assert client.get(f"/v1/{path}").status_code == 404


def test_the_keys_are_published_by_the_name_that_the_record_gives(client):
    index = certify(client)["receipt"]["index"]
    kid = client.get(f"/v1/ledger/records/{index}").json()["kid"]
    (key,) = [key for key in client.get("/.well-known/jwks.json").json()["keys"] if key["kid"] == kid]
    assert (key["alg"], key["use"], key["kty"], key["crv"]) == ("ES256", "sig", "EC", "P-256")
    assert client.get(f"/v1/keys/{kid}.pem").text.startswith("-----BEGIN PUBLIC KEY-----")


def test_a_repetition_gets_the_first_answer_byte_for_byte_and_another_score_a_conflict(client):
    body = {"score": 5, "subject": "again", "nonce": "once"}
    first = client.post("/v1/certify-score", json=body)
    second = client.post("/v1/certify-score", content=b'{"nonce":"once","score":5.0,"subject":"again"}',
                         headers={"Content-Type": "application/json"})  # fmt: skip
    assert (second.status_code, second.content) == (200, first.content)
    other = client.post("/v1/certify-score", json=body | {"score": 6})
    assert (other.status_code, other.json()["error"]["code"]) == (409, "NONCE_REPLAYED")


def test_two_hundred_equal_nonces_at_once_make_one_record(service):
    def ask(number):
        with service.client() as client:
            return client.post("/v1/certify-score", json={"score": number % 2, "subject": "race", "nonce": "n"})

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(200)))
    assert sorted(answer.status_code for answer in answers) == [200] * 100 + [409] * 100
    assert len({answer.content for answer in answers if answer.status_code == 200}) == 1


def test_a_certificate_is_valid_until_anything_in_it_is_changed(client):
    good = certify(client, 12, subject="s")
    assert client.post("/v1/verify-score", json=good).json()["valid"] is True
    signed = good["signed"]
    for change in (
        {"payload": signed["payload"] | {"score": 13}},
        {"algorithm": "none"},
        {"algorithm": "Ed25519"},
        {"signatureB64": signed["signatureB64"][:-8] + "AAAAAA=="},
        {"signatureFormat": "RAW"},
        {"certificateFingerprintSHA256": "0" * 64},
        {"canonicalB64": signed["canonicalB64"] + "\n"},
    ):
        answer = client.post("/v1/verify-score", json={"signed": signed | change})
        assert answer.status_code == 200
        assert answer.json()["valid"] is False, change


@pytest.mark.parametrize("body", [{}, {"signed": 1}, {"signed": {"payload": {"nonce": 1}}}, {"signed": {}}])
def test_what_is_no_certificate_is_not_valid(client, body):
    assert client.post("/v1/verify-score", json=body).json()["valid"] is False


def witness(service, store, *options):
    command = [sys.executable, "-m", "minimon", "ledger", "witness", service.base_url, "--store", str(store), *options]
    command += ["--cafile", str(service.folder / "certs/cert.pem")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_witness_follows_the_ledger_and_notices_that_it_was_rolled_back(run_service, tmp_path):
    service, store = run_service(), tmp_path / "witness"
    data, saved = service.folder / "data", tmp_path / "saved"
    with service.client() as client:
        key = client.get("/v1/ledger/key").text.strip()
        certify(client)
    assert witness(service, store, "--key", key).returncode == 0
    service.stop()
    subprocess.run(["cp", "-r", data, saved], check=True)
    service = run_service()
    with service.client() as client:
        certify(client)
        certify(client)
    done = witness(service, store)
    assert (done.returncode, done.stdout) == (0, "accepted: 4 records\n")
    service.stop()
    subprocess.run(["rm", "-r", data], check=True)
    saved.rename(data)
    service = run_service()
    done = witness(service, store)
    assert done.returncode == 1
    assert "rolled back from 4 records to 2" in done.stdout
    with service.client() as client:
        for _ in range(3):
            certify(client)
    done = witness(service, store)
    assert done.returncode == 1
    assert "are not what they were" in done.stdout
