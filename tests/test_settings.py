"""The settings: read by the contract's rules, checked all at once, never telling a secret."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from minimon.environment import ENV_FILE
from minimon.errors import StartError
from minimon.settings import VARIABLES, Settings, load_settings, show_value, unknown_variables

CONTRACT_DEFAULTS = {
    "MINIMON_HOST": "0.0.0.0",
    "MINIMON_PORT": "22222",
    "MINIMON_TLS": "1",
    "MINIMON_TLS_CERT_PATH": "certs/cert.pem",
    "MINIMON_TLS_KEY_PATH": "certs/key.pem",
    "MINIMON_IMAGES_DIR": "./minimon",
    "MINIMON_IMAGE_PATTERN": "image_{:02d}.png",
    "MINIMON_MIN_INDEX": "0",
    "MINIMON_MAX_INDEX": "5",
    "MINIMON_GENERATION_BACKEND": "files",
    "MINIMON_BEARER_TOKEN": "",
    "MINIMON_RATE_LIMIT_PER_MIN": "60",
    "MINIMON_TRUSTED_PROXIES": "",
    "MINIMON_CORS_ORIGINS": "",
    "MINIMON_RARITY_WEIGHTS": "F=24,E=20,D=16,C=12,B=10,A=8,S=5,S+=1",
    "SDXL_TURBO_MODEL": "stabilityai/sdxl-turbo",
    "SDXL_WIDTH": "512",
    "SDXL_HEIGHT": "512",
    "SDXL_STEPS": "1",
    "SDXL_QUANTIZATION": "fp8",
    "SDXL_USE_COMPILE": "1",
    "SDXL_USE_XFORMERS": "1",
    "SDXL_USE_FLASH_ATTN": "0",
    "SDXL_ENABLE_SLICING": "0",
    "SDXL_ENABLE_CPU_OFFLOAD": "0",
    "MINIMON_NAME_BACKEND": "local",
    "OPENAI_BASE_URL": "http://localhost:11434/v1",
    "OPENAI_MODEL": "llama3.2:1b",
    "OPENAI_API_KEY": "dummy",
    "OPENAI_TIMEOUT": "5.0",
    "LOG_LEVEL": "INFO",
    "LOG_JSON": "1",
    "LOG_REQUEST_BODY": "0",
    "LOG_REMOTE_CONTENT": "0",
    "LOG_IMAGE_B64": "0",
    "LOG_SAMPLE_IMAGE_BYTES": "0",
    "MINIMON_SIGNING_KEY_PATH": "certs/app_signing_key.pem",
    "MINIMON_SIGNING_CERT_PATH": "certs/app_signing_cert.pem",
    "MINIMON_SIGNING_KEY_PASSPHRASE": "",
    "MINIMON_SCORE_LEDGER_PATH": "data/certified_scores.jsonl",
}
SECRETS = {
    "MINIMON_BEARER_TOKEN": "s3cret-t0ken",
    "MINIMON_METRICS_TOKEN": "s3cret-scrape",
    "MINIMON_LEDGER_URL": "postgresql://minimon:s3cret-ledger@db/minimon",
    "OPENAI_API_KEY": "s3cret-key",
    "OPENAI_IMAGE_API_KEY": "s3cret-image-key",
    "MINIMON_REDIS_URL": "redis://:s3cret-word@localhost",
    "MINIMON_SIGNING_KEY_PASSPHRASE": "s3cret-pass",
}


@pytest.fixture
def environ(monkeypatch):
    def set_variables(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_variables


def faults():
    with pytest.raises(StartError) as caught:
        load_settings()
    return list(caught.value.faults)


def test_the_contracts_variables_have_the_contracts_defaults():
    shown = {variable.name: variable.default for variable in VARIABLES}
    assert CONTRACT_DEFAULTS.items() <= shown.items()
    settings = load_settings()
    values = {variable.name: show_value(getattr(settings, variable.field), secret=False) for variable in VARIABLES}
    assert CONTRACT_DEFAULTS.items() <= values.items()


def test_every_variable_says_what_it_means_and_what_it_may_be():
    assert all(variable.meaning.endswith(".") and variable.allowed for variable in VARIABLES)


@pytest.mark.parametrize("name", [name for name, default in CONTRACT_DEFAULTS.items() if default])
def test_a_default_written_out_reads_as_the_default(environ, name):
    environ(**{name: CONTRACT_DEFAULTS[name]})
    assert load_settings() == Settings()


@pytest.mark.parametrize("name", CONTRACT_DEFAULTS)
def test_an_empty_value_is_the_default(environ, name):
    environ(**{name: ""})
    assert load_settings() == Settings()


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError):
        load_settings().port = 1


def test_values_are_read_from_the_environment(environ):
    environ(MINIMON_PORT="8080", MINIMON_TLS="off", OPENAI_TIMEOUT="2.5", MINIMON_TRUSTED_PROXIES="10.0.0.0/8")
    settings = load_settings()
    assert (settings.port, settings.tls, settings.openai_timeout) == (8080, False, 2.5)
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8"]


def test_the_prefixed_spelling_wins(environ):
    environ(LOG_LEVEL="DEBUG", MINIMON_LOG_LEVEL="ERROR", SDXL_STEPS="2")
    settings = load_settings()
    assert (settings.log_level, settings.sdxl_steps) == ("ERROR", 2)


def test_the_environment_beats_the_file_whatever_the_spelling(environ):
    Path(".env").write_text("MINIMON_LOG_LEVEL=ERROR\nMINIMON_PORT=1\n")
    environ(LOG_LEVEL="DEBUG")
    settings = load_settings()
    assert (settings.log_level, settings.port) == ("DEBUG", 1)


def test_what_a_caller_passes_wins_over_the_environment(environ):
    environ(MINIMON_PORT="1")
    assert Settings(port=2).port == 2


def test_every_fault_is_told_at_once_with_the_variable_its_value_and_what_is_allowed(environ):
    Path(".env").write_text("SDXL_WIDTH=513\n")
    environ(MINIMON_PORT="http", MINIMON_TLS="maybe", MINIMON_LOG_LEVEL="LOUD", SDXL_STEPS="0", OPENAI_BASE_URL="x")
    address = "an http:// or https:// address up to its /v1, without the path of a call, user name, password, ? or #"
    assert sorted(faults()) == [
        "MINIMON_LOG_LEVEL is 'LOUD' (from environment): allowed is DEBUG, INFO, WARN or ERROR",
        "MINIMON_PORT is 'http' (from environment): allowed is a whole number from 0 to 65535",
        "MINIMON_TLS is 'maybe' (from environment): allowed is 1/0, true/false, yes/no or on/off",
        f"OPENAI_BASE_URL is 'x' (from environment): allowed is {address}",
        "SDXL_STEPS is '0' (from environment): allowed is a whole number from 1 to 50",
        "SDXL_WIDTH is '513' (from .env): allowed is a multiple of 8 from 64 to 2048",
    ]


def test_every_variable_that_can_be_wrong_is_told_when_all_are(environ):
    free = {"any text", "a path, absolute or from the working folder", "an address or a host name of this machine"}
    checked = {variable.name for variable in VARIABLES if variable.allowed not in free}
    environ(**dict.fromkeys(checked, "no such value"))
    assert {fault.split(" is ")[0] for fault in faults()} == checked


def test_one_fault_in_a_list_is_one_line(environ):
    environ(MINIMON_CORS_ORIGINS="a,b,https://c.example")
    assert len(faults()) == 1


def test_a_fault_is_one_line_even_if_the_value_is_not(environ):
    environ(MINIMON_PORT="1\nminimon: all is well\x1b[2J")
    (fault,) = faults()
    assert fault.isprintable()


@pytest.mark.parametrize("origin", ["environment", "file"])
def test_a_wrong_secret_is_not_told(environ, origin):
    if origin == "environment":
        environ(MINIMON_BEARER_TOKEN="s3cret with spaces")
    else:
        Path(".env").write_text("MINIMON_BEARER_TOKEN='s3cret with spaces'\n")
    (fault,) = faults()
    assert "MINIMON_BEARER_TOKEN is a secret" in fault
    assert "s3cret" not in fault


def test_the_error_that_quotes_the_secret_is_not_chained_to_ours(environ):
    environ(MINIMON_BEARER_TOKEN="s3cret with spaces")
    with pytest.raises(StartError) as caught:
        load_settings()
    assert caught.value.__suppress_context__


def test_secrets_are_not_shown(environ):
    environ(**SECRETS)
    settings = load_settings()
    shown = repr(settings) + str(settings) + settings.model_dump_json()
    shown += "".join(show_value(getattr(settings, v.field), secret=v.secret) for v in VARIABLES)
    assert "s3cret" not in shown
    assert {v.name for v in VARIABLES if v.secret} == SECRETS.keys()


def test_a_secret_that_is_not_set_does_not_look_as_if_it_were():
    assert show_value(SecretStr(""), secret=True) == ""
    assert show_value(SecretStr("x"), secret=True) == show_value(SecretStr("longer"), secret=True) == "********"


@pytest.mark.parametrize(("low", "high", "variable"), [("6", None, "MAX"), ("3", "2", "MAX"), ("-1", "2", "MIN")])
def test_the_last_index_may_not_stand_before_the_first(environ, low, high, variable):
    environ(MINIMON_MIN_INDEX=low, **({"MINIMON_MAX_INDEX": high} if high else {}))
    (fault,) = faults()
    assert fault.startswith(f"MINIMON_{variable}_INDEX is ")


def test_a_single_index_is_a_range():
    assert Settings(min_index=5, max_index=5).max_index == 5


def test_backends_that_this_version_has_not_are_refused_with_those_it_has(environ):
    environ(MINIMON_GENERATION_BACKEND="dalle", MINIMON_NAME_BACKEND="psychic")
    first, second = sorted(faults())
    assert re.match(r"MINIMON_GENERATION_BACKEND is 'dalle' .*allowed is in this version: .*files", first)
    assert re.match(r"MINIMON_NAME_BACKEND is 'psychic' .*allowed is in this version: .*local", second)


def test_a_missing_env_file_stops_the_start(environ):
    environ(MINIMON_ENV_FILE="nowhere.env")
    (fault,) = faults()
    assert fault.startswith("nowhere.env: cannot be read (No such file or directory): correct MINIMON_ENV_FILE")


def test_a_bad_line_of_the_env_file_stops_the_start():
    Path(".env").write_text("MINIMON_PORT=1\nwhat is this\n")
    assert faults() == [".env, line 2: not of the form NAME=value: correct or remove it"]


def test_a_variable_that_only_looks_like_ours_is_warned_about():
    lines = list(unknown_variables({"MINIMON_PROT": "s3cret", "SDXL_STEP": "1", "PATH": "y"}))
    assert lines == [
        "MINIMON_PROT is not a variable of Minimon: did you mean MINIMON_PORT?",
        "SDXL_STEP is not a variable of Minimon: did you mean SDXL_STEPS?",
    ]


def test_no_spelling_of_a_variable_is_warned_about():
    known = [v.name for v in VARIABLES] + [f"MINIMON_{v.name}" for v in VARIABLES if not v.name.startswith("MINIMON_")]
    Path("x").touch()
    assert not list(unknown_variables(dict.fromkeys([*known, ENV_FILE], "x")))


def test_a_slip_in_the_file_is_warned_about_too(environ):
    Path("my.env").write_text("MINIMON_HOTS=localhost\nOTHER=1\n")
    lines = list(unknown_variables({"MINIMON_ENV_FILE": "my.env"}))
    assert lines == ["MINIMON_HOTS is not a variable of Minimon: did you mean MINIMON_HOST?"]


def test_without_a_likeness_no_guess_is_made():
    assert list(unknown_variables({"MINIMON_QQQQQQQQ": ""})) == ["MINIMON_QQQQQQQQ is not a variable of Minimon"]
