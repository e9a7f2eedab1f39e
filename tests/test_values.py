"""The kinds of values: what each takes from text, and what it refuses."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from minimon import values as v
from minimon.errors import StartError
from minimon.settings import load_settings

SWITCHES = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def read(kind, text):
    return TypeAdapter(kind).validate_python(text)


def refused(kind, text):
    with pytest.raises(ValidationError):
        read(kind, text)


@given(st.sampled_from(sorted(SWITCHES)), st.randoms(use_true_random=False))
def test_a_switch_takes_its_eight_words_in_any_case(word, rng):
    assert read(v.Switch, "".join(rng.choice([c.lower(), c.upper()]) for c in word)) is SWITCHES[word]


@given(st.text().filter(lambda text: text.lower() not in SWITCHES))
def test_a_switch_takes_nothing_else(text):
    refused(v.Switch, text)


@pytest.mark.parametrize("text", ["t", "y", "enabled", "2", "-1", "01", "1.0", " 1", "1 ", "None", "tru", "on\n"])
def test_a_switch_takes_no_word_that_only_looks_like_one(text):
    refused(v.Switch, text)


@pytest.mark.parametrize(
    ("kind", "taken", "not_taken"),
    [
        (v.Port, ["0", "1", "65535"], ["-1", "65536", "http", "0x50", "22.5", "1e3"]),
        (v.Index, ["0", "9999"], ["-1", "10000", "a"]),
        (v.Rate, ["0", "1000000"], ["-1", "1000001"]),
        (v.ByteCount, ["0", "4096"], ["-1", "4097"]),
        (v.Steps, ["1", "50"], ["0", "51"]),
        (v.Side, ["64", "512", "2048"], ["0", "63", "513", "2056", "-512"]),
        (v.Seconds, ["0.1", "600", "5"], ["0", "-1", "600.1", "nan", "inf", "5s"]),
        (v.Quantization, ["fp8", "int8", "int4", "fp4", "none"], ["FP8", "fp16", "None"]),
        (v.LogLevel, ["debug", "INFO", "Warn", "WARNING", "error"], ["TRACE", "10", "CRITICAL"]),
        (v.ImageBackend, ["files"], ["Files", "nope", "file"]),
        (v.NameBackend, ["local"], ["nope"]),
        (v.Url, ["http://a", "https://[::1]:8080/v1"], ["a", "ftp://a", "http://", "http://[::1", "//a/v1"]),
    ],
)
def test_limits(kind, taken, not_taken):
    for text in taken:
        read(kind, text)
    for text in not_taken:
        refused(kind, text)


@pytest.mark.parametrize("text", ["1e999999", "9" * 5000, "٣"])
def test_a_number_that_is_too_much_for_a_number_is_refused_or_read_and_nothing_else(text):
    for kind in (v.Port, v.Seconds):
        with contextlib.suppress(ValidationError):
            assert 0 <= read(kind, text) <= 600


@pytest.mark.parametrize("text", ["image_{:02d}.png", "{}", "{0}.png", "a{:>4}", "{:x}.png", "{{}}{}"])
def test_a_pattern_gives_each_index_its_own_name(text):
    assert read(v.Pattern, text) == text


@pytest.mark.parametrize(
    "text", ["image.png", "{name}", "{1}", "{0.nope}", "{[0]}", "{0[a]}", "{", "}", "{:q}", "{!z}", "{{}}", "{:9}{:d"]
)
def test_a_pattern_that_cannot_is_refused(text):
    refused(v.Pattern, text)


@given(st.text(st.sampled_from("{}[]0a:.!dxs%é_")))
def test_any_pattern_is_taken_or_refused_and_a_taken_one_can_be_used(text):
    try:
        pattern = read(v.Pattern, text)
    except ValidationError:
        return
    assert pattern.format(0) != pattern.format(1)


def test_weights_may_leave_rarities_out_and_take_spaces_and_small_letters():
    assert read(v.Weights, "s+ = 1, F=0") == {"S+": 1, "F": 0}


@pytest.mark.parametrize(
    "text", ["F", "F=", "F=x", "F=-1", "F=1.5", "Z=1", "F=1,F=2", "F=1,f=2", "F=0,S=0", "F=1,", "=1"]
)
def test_weights_that_cannot_be_drawn_from_are_refused(text):
    refused(v.Weights, text)


def test_networks_are_cidrs_of_both_families_and_single_addresses():
    found = read(v.Networks, "10.0.0.0/8, fd00::/8,192.0.2.1")
    assert [str(network) for network in found] == ["10.0.0.0/8", "fd00::/8", "192.0.2.1/32"]


@pytest.mark.parametrize("text", ["10.0.0.1/8", "10.0.0.0/33", "localhost", "10.0.0", "10.0.0.0/8;fd00::/8", "*"])
def test_networks_that_are_none_are_refused(text):
    refused(v.Networks, text)


def test_origins_are_taken_as_browsers_send_them():
    assert read(v.Origins, "https://game.example, http://localhost:5173,*") == (
        "https://game.example",
        "http://localhost:5173",
        "*",
    )


@pytest.mark.parametrize(
    "text",
    [
        "game.example",
        "https://game.example/",
        "https://a/b",
        "https://a?b",
        "https://a#b",
        "ftp://a",
        "null",
        "https://",
        "http://",
        "https://*/",
        "https://[::1",
        "//a",
        "HTTPS://a",
    ],
)
def test_origins_that_no_browser_sends_are_refused(text):
    refused(v.Origins, text)


@pytest.mark.parametrize("text", ["two words", "tab\t", "é", "\udcff", "line\n", "\x7f"])
def test_a_token_that_no_header_can_carry_is_refused(text):
    refused(v.Token, text)


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E)))
def test_a_token_of_visible_ascii_is_taken_as_it_is_and_not_shown(text):
    token = read(v.Token, text)
    assert token.get_secret_value() == text
    assert repr(token) in {"SecretStr('**********')", "SecretStr('')"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MINIMON_IMAGE_PATTERN", "{:99999999999d}"),
        ("MINIMON_RARITY_WEIGHTS", "F=1000000001"),
        ("MINIMON_CORS_ORIGINS", "https://Game.Example"),
        ("MINIMON_CORS_ORIGINS", "https://user@game.example"),
        ("MINIMON_CORS_ORIGINS", "https://game.example:99999"),
    ],
)
def test_a_value_that_could_never_work_is_refused_at_start(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(StartError, match=variable):
        load_settings()
