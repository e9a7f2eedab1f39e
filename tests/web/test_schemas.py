"""The shapes in the description."""

import jsonschema
import pytest

from minimon.errors import InvalidJSONError, InvalidPayloadError, MissingScoreError, ProblemError, RateLimitedError
from minimon.web.schemas import Backend, Certificate, Creature, Health, Odds, Probe, Problem, problem_responses

PROBLEM = Problem.model_json_schema()


def examples(response):
    return {
        name: example["value"] for name, example in response["content"]["application/problem+json"]["examples"].items()
    }


def test_errors_of_one_status_stand_together_with_an_example_each():
    responses = problem_responses(InvalidJSONError, RateLimitedError, InvalidPayloadError, MissingScoreError)
    assert list(responses) == [400, 429]
    assert responses[400]["description"] == "`INVALID_JSON`, `INVALID_PAYLOAD`, `MISSING_SCORE`"
    assert list(examples(responses[400])) == ["INVALID_JSON", "INVALID_PAYLOAD", "MISSING_SCORE"]


@pytest.mark.parametrize("problem", ProblemError.__subclasses__())
def test_every_example_has_the_shape_of_a_problem_and_no_open_field(problem):
    (response,) = problem_responses(problem).values()
    example = examples(response)[problem.code]
    jsonschema.validate(example, PROBLEM)
    assert example["status"] == problem.status
    assert "{" not in example["detail"]


@pytest.mark.parametrize("model", [Backend, Creature, Certificate, Health, Odds, Probe, Problem])
def test_every_shape_is_a_valid_json_schema_and_its_examples_fit(model):
    schema = model.model_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    for part in (schema, *schema.get("$defs", {}).values()):
        for field in part.get("properties", {}).values():
            for example in field.get("examples", []):
                jsonschema.validate(example, {**field, "$defs": schema.get("$defs", {})})
