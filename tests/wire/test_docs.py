"""The API's description: whole, true, and shown without a network."""

import json
import re
from html.parser import HTMLParser
from urllib.parse import urljoin

import jsonschema
import pytest
from jsonschema import Draft202012Validator
from jsonschema_specifications import REGISTRY
from tests.wire.conftest import TOKEN

from minimon import errors
from minimon.web.schemas import Problem

OPERATIONS = {
    ("/v1/generate", "get"): {200, 400, 401, 406, 408, 429, 431, 500, 503},
    ("/v1/backend", "get"): {200, 401, 408, 429, 431},
    ("/v1/odds", "get"): {200, 401, 408, 429, 431},
    ("/v1/certify-score", "post"): {200, 400, 401, 408, 409, 413, 415, 429, 431, 500, 503},
    ("/v1/verify-score", "post"): {200, 400, 401, 408, 413, 415, 429, 431, 503},
    ("/v1/images/generations", "post"): {200, 400, 401, 408, 413, 415, 429, 431, 500, 503},
    ("/v1/models", "get"): {200, 401, 408, 429, 431},
    ("/v1/ledger/checkpoint", "get"): {200, 401, 408, 429, 431, 503},
    ("/v1/ledger/key", "get"): {200, 401, 408, 429, 431},
    ("/v1/ledger/proof", "get"): {200, 400, 401, 404, 408, 429, 431, 503},
    ("/v1/ledger/consistency", "get"): {200, 400, 401, 404, 408, 429, 431, 503},
    ("/v1/ledger/records/{index}", "get"): {200, 401, 404, 408, 429, 431, 503},
    ("/v1/keys/{kid}.pem", "get"): {200, 401, 404, 408, 429, 431, 503},
    ("/.well-known/jwks.json", "get"): {200, 503},
    ("/health", "get"): {200},
    ("/livez", "get"): {200},
    ("/readyz", "get"): {200, 503},
}


class References(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []
        self.inline = 0

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.found += [attributes[name] for name in ("src", "href", "action", "data") if name in attributes]
        self.inline += tag == "style" or (tag == "script" and "src" not in attributes)
        self.inline += any(name.startswith("on") for name in attributes)


@pytest.fixture(scope="module")
def guarded(launch):
    return launch(MINIMON_TLS="0", MINIMON_BEARER_TOKEN=TOKEN)


@pytest.fixture(scope="module")
def description(guarded):
    with guarded.client() as client:
        return client.get("/openapi.json").raise_for_status().json()


def test_the_page_and_all_it_names_come_from_the_service_itself(service):
    with service.client() as client:
        page = client.get("/docs")
        assert page.headers["content-type"].startswith("text/html")
        references = References()
        references.feed(page.text)
        assert len(references.found) >= 4 and not references.inline
        for reference in references.found:
            assert not re.match(r"(https?:)?//", reference)
            asset = client.get(urljoin("/docs", reference))
            assert (asset.status_code, len(asset.content) > 100) == (200, True), reference
            assert asset.headers["x-content-type-options"] == "nosniff"
        script = client.get("/docs/start.js").text
        assert "http://" not in script and "https://" not in script


def test_the_page_may_load_nothing_from_elsewhere(service):
    with service.client() as client:
        policy = client.get("/docs").headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self'"
    for sources in rules.values():
        assert not set(sources.split()) - {"'none'", "'self'", "data:", "'unsafe-inline'"}


def test_the_assets_have_the_types_that_browsers_insist_on(service):
    with service.client() as client:
        types = {name: client.get(f"/docs/{name}").headers["content-type"] for name in (
            "start.js", "assets/swagger-ui-bundle.js", "assets/swagger-ui.css")}  # fmt: skip
    assert "javascript" in types["start.js"] and "javascript" in types["assets/swagger-ui-bundle.js"]
    assert types["assets/swagger-ui.css"].startswith("text/css")


def test_every_operation_and_each_of_its_answers_is_described(description):
    assert description["openapi"].startswith("3.1.")
    found = {
        (path, method): {int(status) for status in operation["responses"]}
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }
    assert found == OPERATIONS
    for path, method in found:
        operation = description["paths"][path][method]
        assert operation["summary"] and operation["description"] and operation["operationId"] and operation["tags"]


def test_every_code_that_a_route_can_answer_is_described_with_an_example(description):
    described = {
        code
        for methods in description["paths"].values()
        for operation in methods.values()
        for response in operation["responses"].values()
        for content in response["content"].values()
        for code in content.get("examples", {})
    }
    elsewhere = {"METHOD_NOT_ALLOWED"}
    known = {error.code for error in vars(errors).values() if isinstance(error, type) and hasattr(error, "code")}
    assert described == known - elsewhere


def test_errors_are_described_in_the_media_type_they_have(description):
    pictures = {"image/png", "image/webp", "image/svg+xml"}
    others = {"text/plain", "application/x-pem-file", "application/jwk-set+json"}
    for path, methods in description["paths"].items():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                expected = {"application/json"} if status == "200" else {"application/problem+json"}
                if status == "200" and set(response["content"]) <= others:
                    continue
                assert set(response["content"]) - (pictures if path == "/v1/generate" else set()) == expected


def resolved(description, schema):
    """Return a validator of one of the description's schemas."""
    return Draft202012Validator(schema | {"components": description["components"]}, registry=REGISTRY)


def schemas_with_examples(description):
    for methods in description["paths"].values():
        for operation in methods.values():
            contents = [operation.get("requestBody", {}).get("content", {})]
            contents += [response["content"] for response in operation["responses"].values()]
            for content in contents:
                for media in content.values():
                    examples = [example["value"] for example in media.get("examples", {}).values()]
                    examples += media["schema"].get("examples", [])
                    yield media["schema"], examples
    for schema in description["components"]["schemas"].values():
        yield schema, schema.get("examples", [])
        for part in schema.get("properties", {}).values():
            yield part, part.get("examples", [])


def test_every_schema_is_sound_and_every_example_fits_its_schema(description):
    count = 0
    for schema, examples in schemas_with_examples(description):
        Draft202012Validator.check_schema(schema)
        for example in examples:
            resolved(description, schema).validate(example)
            count += 1
    assert count > 25


def test_every_reference_leads_somewhere(description):
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(description)):
        part = description
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]


def test_real_answers_fit_their_schemas(guarded, description):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    bodies = [{"score": 1}, {"score": 0.5, "subject": "s", "nonce": "n"}]
    with guarded.client(headers=headers) as client:
        answers = [("/v1/certify-score", "post", client.post("/v1/certify-score", json=body)) for body in bodies]
        answers += [
            (path, "get", client.get(path.format(index=0, kid="none")))
            for path, method in OPERATIONS
            if method == "get"
        ]
        answers += [("/v1/certify-score", "post", client.post("/v1/certify-score", content=b"{}"))]
        answers += [("/v1/certify-score", "post", client.post("/v1/certify-score", json={}))]
    for path, method, answer in answers:
        response = description["paths"][path][method]["responses"][str(answer.status_code)]
        media_type = answer.headers["content-type"].partition(";")[0]
        value = answer.json() if "json" in media_type else answer.text
        resolved(description, response["content"][media_type]["schema"]).validate(value)


@pytest.mark.parametrize(
    "body", [{}, {"score": True}, {"score": "5"}, {"score": None}, {"score": 2**53}, {"score": 1, "subject": ""},
    {"score": 1, "subject": None}, {"score": 1, "nonce": "n" * 129}, {"score": 1, "x": 1}, [], 5, None],
    ids=str,
)  # fmt: skip
def test_the_schema_refuses_what_the_code_refuses(guarded, description, body):
    schema = description["paths"]["/v1/certify-score"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    with pytest.raises(jsonschema.ValidationError):
        resolved(description, schema).validate(body)
    with guarded.client(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        answer = client.post(
            "/v1/certify-score", content=json.dumps(body), headers={"Content-Type": "application/json"}
        )
    assert answer.status_code == 400


def test_the_description_says_whether_a_token_is_needed(service, description):
    bearer = {"bearer": {"type": "http", "scheme": "bearer"}}
    assert description["components"]["securitySchemes"] == bearer
    for (path, method), statuses in OPERATIONS.items():
        assert ("security" in description["paths"][path][method]) == (401 in statuses)
    with service.client() as client:
        free = client.get("/openapi.json").json()
    assert "securitySchemes" not in free["components"]
    assert "401" not in free["paths"]["/v1/generate"]["get"]["responses"]


def test_the_problem_schema_is_that_of_the_code(description):
    assert description["components"]["schemas"]["Problem"]["required"] == list(Problem.model_fields)
