"""Where values come from: the environment, then the file."""

import pytest
from dotenv import dotenv_values
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minimon.environment import read_env_file, read_given, spellings
from minimon.errors import StartError

TABLE = ("MINIMON_PORT", "LOG_LEVEL")


@pytest.fixture
def env_file(tmp_path):
    def write(text, name=".env"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def faults(path=""):
    with pytest.raises(StartError) as caught:
        read_env_file(str(path))
    return list(caught.value.faults)


def test_a_variable_without_the_prefix_is_read_with_it_too_and_that_spelling_wins():
    assert spellings("LOG_LEVEL") == ("MINIMON_LOG_LEVEL", "LOG_LEVEL")
    given = read_given(TABLE, {"LOG_LEVEL": "a", "MINIMON_LOG_LEVEL": "b"})
    assert given["LOG_LEVEL"] == ("b", "MINIMON_LOG_LEVEL", "environment")


def test_a_variable_that_has_the_prefix_has_no_other_spelling():
    assert spellings("MINIMON_PORT") == ("MINIMON_PORT",)
    assert read_given(TABLE, {"PORT": "1"}) == {}


def test_the_environment_beats_the_file_whatever_the_spelling(env_file):
    env_file("MINIMON_LOG_LEVEL=file\n")
    assert read_given(TABLE, {"LOG_LEVEL": "environment"})["LOG_LEVEL"].text == "environment"


def test_the_file_counts_where_the_environment_is_silent(env_file):
    env_file("MINIMON_PORT=1\n")
    assert read_given(TABLE, {}) == {"MINIMON_PORT": ("1", "MINIMON_PORT", ".env")}


def test_an_empty_value_is_the_default_and_hides_the_file(env_file):
    env_file("MINIMON_PORT=1\nLOG_LEVEL=\n")
    assert read_given(TABLE, {"MINIMON_PORT": ""}) == {}


def test_another_file_can_be_named_and_is_read_instead(env_file):
    env_file("MINIMON_PORT=1\nLOG_LEVEL=x\n")
    other = str(env_file("MINIMON_PORT=2\n", "other"))
    assert read_given(TABLE, {"MINIMON_ENV_FILE": other}) == {"MINIMON_PORT": ("2", "MINIMON_PORT", other)}


def test_a_folder_of_secrets_comes_between_the_environment_and_the_file(env_file, tmp_path):
    """The folder is as Kubernetes makes it: links through a hidden folder, which is replaced at each change."""
    env_file("MINIMON_PORT=1\nLOG_LEVEL=file\nMINIMON_BEARER_TOKEN=file\n")
    secrets = tmp_path / "secrets"
    (secrets / "..2026_11_28").mkdir(parents=True)
    for name, text in {"MINIMON_BEARER_TOKEN": "secret\n", "MINIMON_PORT": "2"}.items():
        (secrets / "..2026_11_28" / name).write_text(text)
        (secrets / name).symlink_to(f"..2026_11_28/{name}")
    given = read_given((*TABLE, "MINIMON_BEARER_TOKEN"), {"MINIMON_SECRETS_DIR": str(secrets), "MINIMON_PORT": "3"})
    assert {name: (one.text, one.origin) for name, one in given.items()} == {
        "MINIMON_PORT": ("3", "environment"),
        "MINIMON_BEARER_TOKEN": ("secret", str(secrets)),
        "LOG_LEVEL": ("file", ".env"),
    }


def test_a_folder_of_secrets_that_is_missing_is_a_fault(tmp_path):
    with pytest.raises(StartError, match=r"/none: cannot be read \(No such file.*MINIMON_SECRETS_DIR"):
        read_given(TABLE, {"MINIMON_SECRETS_DIR": str(tmp_path / "none")})


def test_no_file_is_no_fault():
    assert read_env_file("") == {}


def test_a_named_file_that_is_missing_is_a_fault_with_its_name_and_the_remedy(tmp_path):
    (fault,) = faults(tmp_path / "none.env")
    assert str(tmp_path / "none.env") in fault
    assert "No such file" in fault
    assert "MINIMON_ENV_FILE" in fault


def test_a_folder_in_place_of_the_file_is_a_fault(tmp_path):
    (tmp_path / ".env").mkdir()
    assert faults() == [".env: cannot be read (Is a directory): make the file readable or remove it"]


def test_a_file_that_is_not_utf_8_is_a_fault(env_file):
    env_file(b"MINIMON_PORT=\xff\n")
    assert faults() == [".env: cannot be read (it is not UTF-8): make the file readable or remove it"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("A=1\nnonsense here\n", [2]),
        ("A=1\nnonsense here\nB=2\nmore nonsense", [2, 4]),
        ("A=1\n\n\nnonsense here\n", [4]),
        ("# comment\r\n\r\nnonsense here\r\n", [3]),
        ("A='not closed\n", [1]),
        ("MINIMON_PORT\n", [1]),
        ("\n  \nexport MINIMON_PORT\n", [3]),
    ],
)
def test_a_line_that_is_none_is_named_by_its_number(env_file, text, lines):
    env_file(text)
    assert faults() == [f".env, line {line}: not of the form NAME=value: correct or remove it" for line in lines]


def test_a_secret_may_hold_a_dollar(env_file):
    env_file("A=pa$HOME${HOME}\n")
    assert read_env_file("") == {"A": "pa$HOME${HOME}"}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b c", "b c"),
        ("A = b", "b"),
        ("export A=b", "b"),
        ("A='b # c'", "b # c"),
        ('A="b\\nc"', "b\nc"),
        ("A=b # comment", "b"),
        ("A=b=c", "b=c"),
        ("A=", ""),
        ("\ufeffA=b", "b"),
    ],
)
def test_the_usual_ways_to_write_a_line_are_read(env_file, line, value):
    env_file(line + "\n")
    assert read_env_file("") == {"A": value}


def test_the_last_of_two_lines_wins(env_file):
    env_file("A=1\nA=2\n")
    assert read_env_file("") == {"A": "2"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("A=\n'\"\\# ")))
def test_any_text_is_read_or_refused_by_line_and_read_as_dotenv_reads_it(env_file, text):
    path = env_file(text, "any.env")
    assert read_or_refusals(path) in (dotenv_values(path, interpolate=False), "refused by line")


def read_or_refusals(path):
    try:
        return read_env_file(str(path))
    except StartError as error:
        named = all(fault.startswith(f"{path}, line ") for fault in error.faults)
        return "refused by line" if named else error.faults
