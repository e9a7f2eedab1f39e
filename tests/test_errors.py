"""The error tree: what it says in its docstring, and in both languages."""

import re
from string import Formatter

import pytest

from minimon import errors
from minimon.errors import MinimonError, ProblemError, StartError
from minimon.web.schemas import _Placeholders

PROBLEMS = ProblemError.__subclasses__()
TEXTS = [(problem, reason, text) for problem in PROBLEMS for reason, text in problem.texts.items()]
CONTRACT = {
    (400, "INVALID_JSON"),
    (400, "INVALID_PAYLOAD"),
    (400, "MISSING_SCORE"),
    (400, "INVALID_SCORE"),
    (401, "UNAUTHORIZED"),
    (404, "NOT_FOUND"),
    (405, "METHOD_NOT_ALLOWED"),
    (413, "PAYLOAD_TOO_LARGE"),
    (415, "UNSUPPORTED_MEDIA_TYPE"),
    (429, "RATE_LIMITED"),
    (500, "GENERATION_FAILED"),
    (500, "SIGNING_FAILED"),
    (503, "LEDGER_UNAVAILABLE"),
}


def every_class(root: type) -> set[type]:
    return {root}.union(*(every_class(child) for child in root.__subclasses__()))


def fields(template: str) -> set[tuple[str, str]]:
    return {(name, conversion or "") for _, name, _, conversion in Formatter().parse(template) if name is not None}


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes():
    assert every_class(MinimonError) == {
        v
        for v in vars(errors).values()
        if isinstance(v, type) and v.__module__ == errors.__name__ and issubclass(v, Exception)
    }
    drawn = re.findall(r"── (\w+) +(\d{3}) ([A-Z_]+)", errors.__doc__)
    assert drawn == [(problem.__name__, str(problem.status), problem.code) for problem in PROBLEMS]
    assert set(re.findall(r"\b\w+Error\b", errors.__doc__)) == {cls.__name__ for cls in every_class(MinimonError)}


def test_the_contracts_codes_have_the_contracts_statuses():
    assert {(problem.status, problem.code) for problem in PROBLEMS} >= CONTRACT


def test_no_two_classes_share_a_code():
    assert len({problem.code for problem in PROBLEMS}) == len(PROBLEMS)


@pytest.mark.parametrize(("problem", "reason", "text"), TEXTS)
def test_every_text_stands_in_both_languages_with_the_same_fields(problem, reason, text):
    assert text.en and text.fr and text.en != text.fr
    assert fields(text.en) == fields(text.fr)


@pytest.mark.parametrize(("problem", "reason", "text"), TEXTS)
def test_every_text_ends_as_a_sentence_and_leaves_no_field_open(problem, reason, text):
    for message in (text.en.format_map(_Placeholders()), text.fr.format_map(_Placeholders())):
        assert message.endswith(".")
        assert "{" not in message


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_title_is_the_standard_phrase_of_its_status(problem):
    assert problem.title()
    assert 400 <= problem.status < 600


def test_a_start_error_holds_one_line_for_each_fault():
    assert str(StartError("a", "b")) == "a\nb"
    assert list(StartError("a", "b").faults) == ["a", "b"]


def test_braces_in_a_value_are_text_and_no_fields():
    assert "'{most.x}'" in errors.InvalidPayloadError("extra", field="{most.x}").message("fr")
