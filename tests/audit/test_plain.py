"""A line that is accepted unparsed is one that parsing accepts too: the verdict does not depend on the way to it."""

import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minimon.audit import lines
from minimon.audit.canonical import canonical
from minimon.audit.lines import LineChecker, Terms
from minimon.audit.plain import accept
from minimon.audit.survey import survey

NUMBER = 5
LINK = "0" * 64
PLAIN = ['"mnm_a"', "12.5", '"nonce 1"', '"2026-01-01T00:00:00Z"', ',"subject":"player/1"', '"a~b"', "null", ""]
"""Id, score, nonce, time, subject, request id, certificate and client, as JSON."""


@pytest.fixture(scope="module")
def terms(sound):
    return Terms(survey(sound[0]).keys, 0, sound[1].checkpoint_key.verifier)


def standard(payload):
    """Return what is signed for a payload; for one that nobody signs, anything."""
    try:
        return canonical(orjson.loads(payload)).encode()
    except (ValueError, TypeError):
        return b"none"


def as_written(payload):
    """Return what a forger would sign for a line to be accepted unparsed."""
    name, score, nonce, issued, subject = PAYLOAD.fullmatch(payload).groups()
    text = f'{{"id":{name},"issuedAt":{issued},"nonce":{nonce},"score":{score.removesuffix(".0")}{subject}}}'
    return text.encode()


PAYLOAD = re.compile(r'{"id":(.*),"score":(.*),"nonce":(.*),"issuedAt":(.*?)(,"subject":.*|)}', re.DOTALL)


def chain(terms, records, sign=standard):
    """Return lines that follow each other, each as sound as its parts allow."""
    (kid,), link, written = terms.keys, LINK, b""
    for number, (name, score, nonce, issued, subject, request, certificate, client) in enumerate(records, NUMBER):
        payload = f'{{"id":{name},"score":{score},"nonce":{nonce},"issuedAt":{issued}{subject}}}'
        line = (
            f'{{"v":2,"type":"score","seq":{number},"prev":"{link}","kid":"{kid}","signed":{{"payload":{payload},'
            f'"canonicalB64":"{b64encode(sign(payload)).decode()}","signatureB64":"AA==","algorithm":"Ed25519",'
            f'"signatureFormat":"RAW","certificateFingerprintSHA256":{certificate}}},"generatedAt":{issued},'
            f'"requestId":{request}{client}}}'
        ).encode()
        link = sha256(line).hexdigest()
        written += line + b"\n"
    return written


def check_both_ways(data, terms):
    """Return what came out, and what comes out when every line is parsed."""
    mixed = LineChecker(terms).check(data, 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "accept", lambda *_: None)
        return mixed, LineChecker(terms).check(data, 0)


CHARACTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from('"\\/\x00\n\x1f\x7f\x80é\u2028😂 !#[]~')
TEXTS = st.one_of(
    st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\'), max_size=9).map(json.dumps),
    st.text(CHARACTERS, max_size=3).map(lambda text: orjson.dumps(text).decode()),
    st.text(CHARACTERS, max_size=3).map(json.dumps),
    st.text(CHARACTERS, max_size=3).map('"{}"'.format),
    st.sampled_from(["null", "1", "{}", '["x"]']),
)
SCORES = st.one_of(
    st.integers(-(10**6), 10**6).map(lambda number: str(number / 1000)),
    st.integers(-(10**11), 10**11).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(str),
    st.from_regex(r"\A-?[0-9]{1,12}(\.[0-9]{1,6})?\Z"),
    st.sampled_from(["-0", "-0.0", "-0.5", "0.0", "0", "0.0001", "0.00001", "1.50", "1.", "01", "1e3", "1E400", '"1"']),
)
RECORD = st.one_of(
    st.just(PLAIN),
    st.tuples(TEXTS, SCORES, TEXTS, TEXTS, st.just("") | TEXTS.map(',"subject":{}'.format), TEXTS, TEXTS, st.just("")),
    st.tuples(*map(st.just, PLAIN[:7]), TEXTS.map(',"client":{}'.format)),
    SCORES.map(lambda score: [PLAIN[0], score, *PLAIN[2:]]),
)


@given(st.lists(RECORD, max_size=5), st.sampled_from([standard, as_written]))
def test_whatever_the_records_hold_both_ways_find_the_same(terms, records, sign):
    mixed, parsed = check_both_ways(chain(terms, [PLAIN, *records], sign), terms)
    assert mixed == parsed


@given(st.data())
def test_whatever_bytes_are_changed_both_ways_find_the_same(terms, data):
    changed = bytearray(chain(terms, [PLAIN] * 4))
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.integers(0, len(changed) - 2))
        end = place + data.draw(st.integers(0, 3))
        changed[place:end] = data.draw(st.binary(max_size=3) | st.just(bytes([changed[place] ^ 1])))
    mixed, parsed = check_both_ways(bytes(changed), terms)
    assert mixed == parsed


def accept_one(line, terms, number=NUMBER, link=LINK, since=0):
    (kid,) = terms.keys
    return accept(line, number, link, {(kid.encode(), b"Ed25519", b"RAW"): since})


@pytest.mark.parametrize("score", ["0", "0.0", "7", "7.0", "-7", "-1.5", "0.0001", "0.5", "9999999999.9999"])
def test_a_plain_line_is_accepted_unparsed(terms, score):
    data = chain(terms, [[PLAIN[0], score, *PLAIN[2:]]])
    assert accept_one(data[:-1], terms) == (b"player/1", b"nonce 1")
    assert check_both_ways(data, terms)[1].findings == []


@given(SCORES)
@example("-0")
@example("0.00001")
@example("1.50")
@example("05")
@example("12345678901234567890.5")
def test_a_score_is_accepted_unparsed_only_if_parsing_accepts_it(terms, score):
    data = chain(terms, [[PLAIN[0], score, *PLAIN[2:]]], as_written)
    assert not accept_one(data[:-1], terms) or check_both_ways(data, terms)[1].findings == []


@pytest.mark.parametrize(
    ("place", "text"), [(2, '"Zoë 😂\u2028\x7f"'), (4, ""), (4, ',"subject":""'), (6, '"00ff"'), (7, ',"client":"::1"')]
)
def test_a_plain_line_of_another_kind_is_accepted_unparsed_too(terms, place, text):
    data = chain(terms, [[*PLAIN[:place], text, *PLAIN[place + 1 :]]])
    assert accept_one(data[:-1], terms)
    assert check_both_ways(data, terms)[1].findings == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"seq":5', b'"seq":6'),
        (b'"seq":5', b'"seq":05'),
        (b'"prev":"0', b'"prev":"1'),
        (b'"kid":"', b'"kid":"x'),
        (b'"id":"mnm_a', b'"id":"mnm_b'),
        (b'"score":12.5', b'"score":12.6'),
        (b'"nonce":"nonce 1', b'"nonce":"nonce 2'),
        (b'"subject":"player/1', b'"subject":"player/2'),
        (b',"subject":"player/1"', b""),
        (b'"issuedAt":"2026', b'"issuedAt":"2027'),
        (b'"generatedAt":"2026', b'"generatedAt":"2027'),
        (b'"canonicalB64":"', b'"canonicalB64":"AAAA'),
        (b'"algorithm":"Ed25519', b'"algorithm":"Ed448'),
        (b'"signatureFormat":"RAW', b'"signatureFormat":"DER'),
        (b'"a~b"', b'"a\x1fb"'),
        (b'"a~b"', b'"a\xffb"'),
        (b'"a~b"', b'"a\xed\xa0\x80b"'),  # half of a surrogate pair
        (b'"a~b"', b'"a\\u0062b"'),
        (b'"v":2', b'"v":3'),
        (b'"requestId":"a~b"}', b'"requestId":"a~b"} '),
    ],
)
def test_a_line_of_which_one_thing_is_not_so_is_left_to_parsing(terms, old, new):
    line = chain(terms, [PLAIN])[:-1]
    assert line.count(old) == 1 and accept_one(line, terms)
    assert accept_one(line.replace(old, new), terms) is None


def test_a_line_that_is_older_than_its_key_or_in_another_place_is_left_to_parsing(terms):
    line = chain(terms, [PLAIN])[:-1]
    assert accept_one(line, terms, since=NUMBER)
    assert accept_one(line, terms, since=NUMBER + 1) is None
    assert accept_one(line, terms, number=NUMBER + 1) is None
    assert accept_one(line, terms, link="f" * 64) is None


def test_signatures_that_are_due_are_checked_on_plain_lines_too(terms):
    data = chain(terms, [PLAIN] * 8)
    result = LineChecker(replace(terms, every=3)).check(data, 0)
    assert [(finding.kind, finding.record) for finding in result.findings] == [
        ("signature", number) for number in (6, 9, 12)
    ]
