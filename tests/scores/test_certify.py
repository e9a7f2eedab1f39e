"""What is asked, what is signed, what is recorded."""

import asyncio
import base64
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from random import Random

import jsonschema
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import example, given
from hypothesis import strategies as st

from minimon.creatures import new_id
from minimon.errors import LedgerUnavailableError, NonceReplayedError, ProblemError, SigningFailedError
from minimon.scores.certify import Certifier, check_request
from minimon.scores.checkpoint_key import open_checkpoint_key
from minimon.scores.ledger import Ledger
from minimon.scores.opening import open_ledger_store
from minimon.scores.records import Head
from minimon.scores.signing import Signer, public_key_for
from minimon.scores.store import Committed
from minimon.scores.storing import Identity
from minimon.services import SigningKey
from minimon.settings import Settings
from minimon.web.schemas import SCORE_REQUEST

MOST = 2**53 - 1
SCHEMA = jsonschema.Draft202012Validator(SCORE_REQUEST)
NOW = datetime(2026, 3, 29, 1, 59, 59, 999_999, UTC)


def refusal(value):
    with pytest.raises(ProblemError) as caught:
        check_request(value)
    return caught.value.code, caught.value.message("en")


@pytest.mark.parametrize("score", [0, 1, -1, 5.0, 0.1, -0.0, 1e-400, MOST, -MOST, float(MOST), 1e15])
def test_a_finite_number_within_the_exact_range_is_a_score(score):
    taken = check_request({"score": score}).score
    assert (taken, type(taken)) == (score, type(score))


NO_SCORES = [MOST + 1, -MOST - 1, 10**30, 2.0**53, 1e308, float("inf"), float("-inf"), float("nan")]
NO_SCORES += [True, False, None, "5", "", [], [1], {}, {"score": 1}]


@pytest.mark.parametrize("score", NO_SCORES)
def test_anything_else_is_none(score):
    code, message = refusal({"score": score})
    assert code == "INVALID_SCORE"
    assert "'score'" in message


def test_a_missing_score_has_a_code_of_its_own():
    assert refusal({})[0] == refusal({"subject": "a"})[0] == "MISSING_SCORE"


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "score", [], [{"score": 1}]])
def test_a_body_that_is_no_object_is_refused(value):
    assert refusal(value) == ("INVALID_PAYLOAD", "The body must be a JSON object.")


@pytest.mark.parametrize(("field", "most"), [("subject", 256), ("nonce", 128)])
@pytest.mark.parametrize("character", ["x", "é", "\U0001f602"])
def test_a_string_has_at_least_one_and_at_most_so_many_characters(field, most, character):
    for length in (1, most):
        assert getattr(check_request({"score": 1, field: character * length}), field) == character * length
    for length in (0, most + 1):
        code, message = refusal({"score": 1, field: character * length})
        assert code == "INVALID_PAYLOAD"
        assert message == f"The field '{field}' must have 1 to {most} characters."


@pytest.mark.parametrize("field", ["subject", "nonce"])
@pytest.mark.parametrize("value", [None, 1, True, [], {}, ["x"]])
def test_a_string_is_a_string(field, value):
    assert refusal({"score": 1, field: value}) == ("INVALID_PAYLOAD", f"The field '{field}' must be a string.")


@pytest.mark.parametrize("field", ["Score", "score ", "", "id", "issuedAt", "__proto__", "x\n"])
def test_a_field_too_many_is_named(field):
    code, message = refusal({"score": 1, field: 1})
    assert code == "INVALID_PAYLOAD"
    assert message == f"The field {field!r} is not known."


def test_a_field_too_many_with_a_long_name_does_not_flood_the_answer():
    assert len(refusal({"score": 1, "x" * 10_000: 1})[1]) < 120


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([MOST, MOST + 1, -MOST, -MOST - 1, 0, 5.0, 2.0**53, float(MOST)]),
    st.floats(allow_nan=False),
    st.text(max_size=3),
    st.sampled_from([0, 1, 128, 129, 256, 257]).map(lambda length: "é" * length),
    st.lists(st.integers(), max_size=1),
    st.dictionaries(st.text(max_size=1), st.integers(), max_size=1),
)
LIKELY = st.fixed_dictionaries(
    {}, optional={"score": VALUES, "subject": VALUES, "nonce": VALUES, "Score": VALUES, "extra": VALUES}
)
MOSTLY_RIGHT = st.fixed_dictionaries(
    {"score": st.integers(-MOST, MOST) | st.floats(-MOST, MOST)},
    optional={"subject": st.text(min_size=1), "nonce": VALUES},
)


def at_every_limit(test):
    """Try the values on both sides of each limit, so that no luck is needed to find them."""
    for score in (MOST, MOST + 1, -MOST, -MOST - 1, float(MOST), 2.0**53, -(2.0**53)):
        test = example({"score": score})(test)
    for field, most in (("subject", 256), ("nonce", 128)):
        for length in (0, 1, most, most + 1):
            test = example({"score": 1, field: "é" * length})(test)
    return test


@given(LIKELY | MOSTLY_RIGHT | VALUES)
@at_every_limit
@example({"score": True})
@example({"score": 1, "subject": None})
@example({"score": 1, "subject": ""})
@example({"score": float("inf")})
@example([])
def test_the_schema_in_the_description_says_the_same_as_the_code(value):
    assert SCHEMA.is_valid(value) is accepted(value)


def accepted(value):
    try:
        check_request(value)
    except ProblemError as error:
        return error.status != 400  # any other status would be a fault of ours
    return True


def test_the_schemas_own_example_is_accepted():
    (sample,) = SCORE_REQUEST["examples"]
    assert check_request(sample)


@contextmanager
def certifier(tmp_path, signer=None):
    key = SigningKey(Settings())
    checkpoint_key = open_checkpoint_key(Settings())
    rng = Random()
    identity = Identity(key.signer(), public_key_for(key.pair), checkpoint_key, lambda: NOW, lambda: new_id(rng))
    ledger = Ledger(open_ledger_store(tmp_path / "scores.jsonl", identity))
    try:
        with ThreadPoolExecutor(1) as executor:
            yield Certifier(signer or key.signer, ledger, executor, lambda: NOW, rng, checkpoint_key)
    finally:
        ledger.close()


def certify(certifier, value, request_id="the-id"):
    return json.loads(asyncio.run(certifier.certify(check_request(value), request_id)))


def records(tmp_path):
    """The records behind the first, which brings in the key."""
    return [json.loads(line) for line in (tmp_path / "scores.jsonl").read_bytes().splitlines()][1:]


def test_what_is_signed_is_the_canonical_form_of_the_payload_in_the_answer(tmp_path):
    with certifier(tmp_path) as service:
        answer = certify(service, {"score": 5.0, "subject": "Zoë", "nonce": "n"})
    signed = answer["signed"]
    canonical = base64.b64decode(signed["canonicalB64"], validate=True)
    payload = signed["payload"]
    assert canonical == (
        f'{{"id":"{payload["id"]}","issuedAt":"2026-03-29T01:59:59Z","nonce":"n","score":5,"subject":"Zoë"}}'.encode()
    )
    assert json.loads(canonical) == payload
    key = SigningKey(Settings()).pair.key.public_key()
    key.verify(base64.b64decode(signed["signatureB64"], validate=True), canonical, ec.ECDSA(hashes.SHA256()))


def test_the_answer_tells_how_it_was_signed_and_when(tmp_path):
    with certifier(tmp_path) as service:
        answer = certify(service, {"score": 1})
    assert answer["generatedAt"] == answer["signed"]["payload"]["issuedAt"] == "2026-03-29T01:59:59Z"
    assert (answer["signed"]["algorithm"], answer["signed"]["signatureFormat"]) == ("ES256", "DER")
    assert answer["signed"]["certificateFingerprintSHA256"] == SigningKey(Settings()).pair.fingerprint


def test_the_payload_holds_the_subject_only_if_it_was_sent_and_a_nonce_always(tmp_path):
    with certifier(tmp_path) as service:
        first, second = (certify(service, {"score": 1})["signed"]["payload"] for _ in range(2))
        third = certify(service, {"score": 1, "subject": "s", "nonce": "mine"})["signed"]["payload"]
    assert set(first) == {"id", "score", "nonce", "issuedAt"}
    assert (third["subject"], third["nonce"]) == ("s", "mine")
    assert len(bytes.fromhex(first["nonce"])) == 16
    assert first["nonce"] != second["nonce"] and first["id"] != second["id"]


def test_a_nonce_that_the_service_made_is_used_up_like_any_other(tmp_path):
    with certifier(tmp_path) as service:
        first = certify(service, {"score": 1, "subject": "s"})
        nonce = first["signed"]["payload"]["nonce"]
        assert certify(service, {"score": 1, "subject": "s", "nonce": nonce}) == first
        with pytest.raises(NonceReplayedError):
            certify(service, {"score": 2, "subject": "s", "nonce": nonce})
    assert len(records(tmp_path)) == 1


def test_the_record_in_the_ledger_is_the_answer_and_the_requests_id(tmp_path):
    with certifier(tmp_path) as service:
        answer = certify(service, {"score": -0.0, "subject": 'line\nfeed "quoted"'}, "the-id")
    (record,) = records(tmp_path)
    del answer["receipt"]
    assert record.items() >= {**answer, "requestId": "the-id", "v": 2, "type": "score", "seq": 1}.items()


def test_a_key_that_fails_gives_signing_failed_and_no_record(tmp_path):
    def fail(_):
        raise RuntimeError("the hardware is gone")

    with certifier(tmp_path, lambda: Signer("ES256", "DER", None, fail)) as service:
        with pytest.raises(SigningFailedError) as caught:
            certify(service, {"score": 1})
        assert isinstance(caught.value.__cause__, RuntimeError)
    assert records(tmp_path) == []


def test_a_ledger_that_fails_gives_no_answer(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    with certifier(tmp_path) as service:
        with monkeypatch.context() as patch:
            patch.setattr("os.write", fail)
            with pytest.raises(LedgerUnavailableError):
                certify(service, {"score": 1})
        certify(service, {"score": 2})
    assert [record["signed"]["payload"]["score"] for record in records(tmp_path)] == [2]


def test_a_key_replaced_meanwhile_signs_the_next_score(tmp_path):
    signers = [Signer("A", "RAW", None, bytes), Signer("B", "RAW", None, bytes)]
    with certifier(tmp_path, lambda: signers.pop(0)) as service:
        assert [certify(service, {"score": 1})["signed"]["algorithm"] for _ in range(2)] == ["A", "B"]


@given(MOSTLY_RIGHT.filter(accepted))
def test_whatever_is_accepted_can_be_signed_and_read_back_exactly(tmp_path_factory, value):
    seen = []
    signer = Signer("X", "RAW", None, lambda data: seen.append(data) or b"")

    class Keep:
        async def append(self, entry):
            seen.append(entry.line(Head(0, 0, b"0" * 64, ())))
            return Committed(0, seen[-1], (), (b"0" * 32,))

    with ThreadPoolExecutor(1) as executor:
        service = Certifier(lambda: signer, Keep(), executor, lambda: NOW, Random(1), None)
        payload = certify(service, value)["signed"]["payload"]
    canonical, line = seen
    assert json.loads(canonical) == payload
    assert value.items() <= payload.items()
    assert json.loads(line)["signed"]["payload"] == payload
    assert b"\n" not in line
