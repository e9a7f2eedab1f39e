"""JSON without the traps: what is refused, why, and that everything else reads as the standard library reads it."""

import asyncio
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request

from minimon.errors import InvalidJSONError, PayloadTooLargeError, ProblemError, UnsupportedMediaTypeError
from minimon.scores.certify import check_request
from minimon.web.body import MOST_BODY_BYTES, parse_json, read_body

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
I_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**19), 10**19)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


def refusal(body):
    with pytest.raises(InvalidJSONError) as caught:
        parse_json(body)
    return next(reason for reason, text in InvalidJSONError.texts.items() if text is caught.value._text)


def receiver(*messages):
    queue = list(messages)

    async def receive():
        return queue.pop(0)

    return receive


def read(*chunks, headers=(("content-type", "application/json"),), hang_up=False):
    raw = [(name.encode(), value.encode()) for name, value in headers]
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append(
        {"type": "http.disconnect"} if hang_up else {"type": "http.request", "body": b"", "more_body": False}
    )
    return asyncio.run(read_body(Request({"type": "http", "headers": raw}, receiver(*messages))))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"a":1,}',
        b"{'a':1}",
        b"[1 2]",
        b"01",
        b"1.",
        b".5",
        b"+1",
        b"0x1",
        b"tru",
        b"{a:1}",
        b'"a\nb"',
        b'"\\x"',
        b'"\\u12"',
        b"1 2",
        b"{}x",
        b"{}\x00",
        b"//c\n{}",
        b"None",
        b"\xc2\xa01",
        b"- 1",
        b"1_000",
    ],
)
def test_what_is_not_json_is_refused(body):
    assert refusal(body) == "syntax"


@pytest.mark.parametrize("body", [b"NaN", b"Infinity", b"-Infinity", b'{"score":NaN}', b"[[-Infinity]]"])
def test_constants_that_json_has_not_are_refused(body):
    assert refusal(body) == "constant"


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":1}',
        b'{"score":1,"\\u0073core":2}',
        b'[{"x":{"":1,"":2}}]',
        b'{"\\ud83d\\ude02":1,"\xf0\x9f\x98\x82":2}',
    ],
)
def test_a_key_that_stands_twice_is_refused_however_it_is_written(body):
    assert refusal(body) == "duplicate"


def test_the_key_that_stands_twice_is_named_and_cannot_forge_or_flood_the_answer():
    with pytest.raises(InvalidJSONError, match="'score'"):
        parse_json(b'{"score":1,"score":2}')
    key = b'"\\u0007\\ud800' + b"x" * 5000 + b'"'
    with pytest.raises(InvalidJSONError) as caught:
        parse_json(b"{" + key + b":1," + key + b":2}")
    message = caught.value.message("en")
    assert message.isascii() and message.isprintable() and len(message) < 200


def test_the_same_key_in_two_objects_is_no_duplicate():
    assert parse_json(b'[{"a":1},{"a":{"a":2}}]') == [{"a": 1}, {"a": {"a": 2}}]


@pytest.mark.parametrize(
    "body",
    [
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b'{"\\ud800":1}',
        b'["\\udfff"]',
        b'{"a":[{"b":"x\\ud83dx"}]}',
        b'"\\ud800\\u0041"',
    ],
)
def test_half_a_surrogate_pair_is_refused_wherever_it_stands(body):
    assert refusal(body) == "surrogate"


def test_a_whole_surrogate_pair_is_one_character():
    assert parse_json(b'"\\ud83d\\ude02"') == "\U0001f602"


@pytest.mark.parametrize(
    "body",
    [
        b'"\xff"',
        b'{"a":"\xc3"}',
        b'"\xed\xa0\x80"',
        b'"\xc0\xaf"',
        b'"\xf4\x90\x80\x80"',
        b"\x80",
        '{"a":"é"}'.encode("latin-1"),
        '{"a":1}'.encode("utf-16"),
        '{"é":1}'.encode("utf-16-le"),
    ],
)
def test_what_is_not_utf_8_is_refused(body):
    assert refusal(body) == "encoding"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_other_encodings_and_a_byte_order_mark_are_refused_though_they_are_valid_utf_8(encoding):
    assert refusal('{"score":1}'.encode(encoding)) == "syntax"


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 5000 + b"]" * 5000,
        b"[" * 16000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"a":' * 3000,
        b'{"score":1,"x":' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)
def test_deep_nesting_is_the_clients_fault_and_never_ours(body):
    with pytest.raises(ProblemError) as caught:
        check_request(parse_json(body))
    assert caught.value.status == 400


@pytest.mark.parametrize("digits", [21, 400, 5000])
def test_a_number_of_many_digits_is_read_without_work_and_is_no_score(digits):
    value = parse_json(b'{"score":' + b"9" * digits + b"}")
    assert value["score"] >= 1e20
    with pytest.raises(ProblemError) as caught:
        check_request(value)
    assert caught.value.code == "INVALID_SCORE"


@pytest.mark.parametrize("body", [b"1e999", b"-1e999", b"1E+400"])
def test_a_number_beyond_every_float_reads_as_infinite_for_the_score_check_to_refuse(body):
    assert math.isinf(parse_json(body))


@pytest.mark.parametrize(("body", "kind"), [(b"5", int), (b"-0", int), (b"5.0", float), (b"5e0", float)])
def test_whole_numbers_stay_whole_and_others_do_not(body, kind):
    assert type(parse_json(body)) is kind


@given(I_JSON, st.booleans(), st.sampled_from([None, 1]))
def test_all_valid_i_json_reads_as_the_standard_library_reads_it(value, ascii_only, indent):
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    assert parse_json(body) == json.loads(body) == value


@given(st.binary())
def test_any_bytes_are_json_or_refused_as_not_json(body):
    try:
        value = parse_json(body)
    except InvalidJSONError:
        return
    assert value == json.loads(body.decode())


@given(st.text(st.sampled_from('{}[]":,\\ud8decn01a-.e "'), max_size=40))
def test_near_misses_are_json_or_refused_as_not_json(text):
    try:
        value = parse_json(text.encode())
    except InvalidJSONError:
        return
    assert value == json.loads(text)


@pytest.mark.parametrize(
    "media_type", ["application/json", "Application/JSON", "application/json; charset=utf-8", " application/json ;x"]
)
def test_a_body_declared_as_json_is_read_whole(media_type):
    assert read(b'{"a"', b":1}", headers=[("content-type", media_type)]) == b'{"a":1}'


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/jsonp", "application/problem+json", "text/json", "json"]
)
def test_a_body_declared_as_something_else_is_refused(media_type):
    with pytest.raises(UnsupportedMediaTypeError):
        read(b"{}", headers=[("content-type", media_type)])
    with pytest.raises(UnsupportedMediaTypeError):
        read(b"{}", headers=[])


def test_a_body_may_have_16_kib_and_not_one_byte_more():
    assert len(read(b"x" * 16_000, b"x" * 384)) == MOST_BODY_BYTES == 16_384
    with pytest.raises(PayloadTooLargeError, match="16384"):
        read(b"x" * 16_384, b"x")


def test_a_body_that_declares_too_much_is_refused_before_it_is_read():
    with pytest.raises(PayloadTooLargeError):
        read(headers=[("content-type", "application/json"), ("content-length", "16385")], hang_up=True)


def test_a_client_that_hangs_up_half_way_is_no_fault_of_ours():
    with pytest.raises(ClientDisconnect):
        read(b'{"score":', hang_up=True)
