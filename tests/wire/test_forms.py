"""The forms of a creature over the wire: JSON, or the picture alone."""

import io
import re
import xml.etree.ElementTree as ET
from urllib.parse import unquote

import pytest
from PIL import Image

METADATA = {
    "x-minimon-id": r"mnm_[a-z2-7]{26}",
    "x-minimon-rarity": r"[A-F]|S\+?",
    "x-minimon-element": "water|fire|earth|wind",
    "x-minimon-generated-at": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
}


def get(client, accept):
    return client.get("/v1/generate", headers={"Accept": accept})


@pytest.mark.parametrize(("form", "name"), [("image/png", "PNG"), ("image/webp", "WEBP")])
def test_a_picture_alone_has_the_metadata_in_headers(service, form, name):
    with service.client() as client:
        answer = get(client, form)
    assert (answer.status_code, answer.headers["content-type"], answer.headers["vary"]) == (200, form, "Accept")
    assert answer.headers["cache-control"] == "no-store"
    assert Image.open(io.BytesIO(answer.content)).format == name
    assert all(re.fullmatch(pattern, answer.headers[header]) for header, pattern in METADATA.items())
    assert 2 <= len(unquote(answer.headers["x-minimon-name"])) <= 24


def test_without_a_wish_it_is_json(service):
    with service.client() as client:
        for accept in ("*/*", "application/json", "application/*;q=0.5"):
            answer = get(client, accept)
            assert (answer.headers["content-type"], answer.headers["vary"]) == ("application/json", "Accept")


@pytest.mark.parametrize("accept", ["image/svg+xml", "text/html", "image/png;q=0"])
def test_what_there_is_not_is_406_in_our_shape(service, accept):
    with service.client() as client:
        answer = get(client, accept)
    assert (answer.status_code, answer.headers["content-type"]) == (406, "application/problem+json")
    assert answer.json()["error"]["code"] == "NOT_ACCEPTABLE"
    assert answer.headers["vary"] == "Accept"
    assert "image/webp" in answer.json()["detail"]


def test_the_drawn_backend_serves_every_form_and_leaves_on_sigterm(run_service):
    service = run_service(MINIMON_GENERATION_BACKEND="drawn", MINIMON_DRAWN_SIZE="128")
    with service.client() as client:
        assert client.get("/health").json()["backend"] == "drawn"
        assert Image.open(io.BytesIO(get(client, "image/png").content)).size == (128, 128)
        answer = get(client, "image/svg+xml")
        assert answer.headers["content-type"].startswith("image/svg+xml")
        assert ET.fromstring(answer.content).tag.endswith("svg")
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert service.stop() == 0
