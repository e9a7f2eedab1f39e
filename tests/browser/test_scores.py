"""A receipt, checked in the browser: with every kind of key, and with every kind of change."""

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from playwright.sync_api import expect
from tests.browser.conftest import client_of, go

KEYS = {
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ES512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "Ed448": ed448.Ed448PrivateKey.generate,
}


@pytest.fixture
def signing_with(launch, tmp_path_factory):
    """Start a service whose scores are signed with a key of some kind."""

    def run(kind):
        path = tmp_path_factory.mktemp("key") / "key.pem"
        pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        path.write_bytes(KEYS[kind]().private_bytes(*pem))
        path.chmod(0o600)
        return launch(
            MINIMON_GENERATION_BACKEND="files",
            MINIMON_SIGNING_KEY_PATH=str(path),
            MINIMON_SIGNING_CERT_PATH=str(path.with_name("cert.pem")),
        )

    return run


def certify(page, score="123.4", subject="player42"):
    """Certify a score in the page; return the receipt's stamp."""
    go(page, "scores")
    page.locator("[name=score]").fill(score)
    page.locator("[name=subject]").fill(subject)
    page.locator("#certify button").click()
    page.locator(".stamp").wait_for()
    return page.locator(".stamp")


def states(page):
    return [item.get_attribute("class") for item in page.locator(".checks li").all()]


@pytest.mark.parametrize("kind", [kind for kind in KEYS if kind != "Ed448"])
def test_a_score_is_certified_and_verified_with_every_kind_of_key(visit, signing_with, kind):
    page = visit(signing_with(kind))
    for score in ("123.4", "-5", "9007199254740991"):
        expect(certify(page, score)).to_have_text("Genuine")
        assert states(page) == ["yes"] * 5
    expect(page.locator("#receipt dl")).to_contain_text(kind)
    expect(page.locator("#receipt dl")).to_contain_text("player42")


def test_what_the_browser_cannot_check_is_neither_right_nor_wrong(visit, signing_with):
    page = visit(signing_with("Ed448"))
    expect(certify(page)).to_have_text("Partly checked")
    assert states(page) == ["yes", "unsure", "yes", "yes", "yes"]
    expect(page.locator(".checks")).to_contain_text("This browser cannot check Ed448")


def test_a_changed_digit_turns_the_receipt_red_and_back(visit, service):
    page = visit(service)
    certify(page)
    page.locator("#amount").fill("923.4")
    expect(page.locator(".stamp")).to_have_text("Not genuine")
    assert states(page) == ["no", "yes", "no", "yes", "yes"]
    colour = page.locator(".checks .no").first.evaluate("(it) => getComputedStyle(it).color")
    red, green, blue = (int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))
    assert red > 2 * max(green, blue)
    page.get_by_role("button", name="Restore the true score").click()
    expect(page.locator(".stamp")).to_have_text("Genuine")


@pytest.fixture
def receipt(service):
    """A certificate with its whole receipt, in a tree of some size."""
    with client_of(service) as client:
        for score in range(5):
            answer = client.post("/v1/certify-score?receipt=full", json={"score": score})
    return answer.json()


def paste(page, certificate):
    go(page, "scores")
    page.locator("details:not([open]) > summary").click()
    page.locator("[name=json]").fill(json.dumps(certificate))
    page.locator("#paste button").click()
    page.locator(".stamp").wait_for()
    return states(page)


def changed(certificate, path, change):
    """Return a copy of the certificate, one field of it changed."""
    copy = json.loads(json.dumps(certificate))
    *parents, last = path
    place = copy
    for name in parents:
        place = place[name]
    place[last] = change(place[last])
    return copy


@pytest.mark.parametrize(
    "fault",
    [
        (("signed", "payload", "issuedAt"), lambda _: "2020-01-01T00:00:00Z", {"canonical", "record"}),
        (("signed", "canonicalB64"), lambda it: "AAAA" + it[4:], {"canonical", "signature", "record"}),
        (("signed", "signatureB64"), lambda it: it[:-8] + "AAAAAAA=", {"signature", "record"}),
        (("signed", "algorithm"), lambda _: "RS256", {"signature", "record"}),
        (("receipt", "inclusionProof"), lambda it: ["00" * 32, *it[1:]], {"inclusion"}),
        (("receipt", "inclusionProof"), lambda it: it[1:], {"inclusion"}),
        (("receipt", "index"), lambda it: it - 1, {"inclusion"}),
        (("receipt", "lineB64"), lambda it: "eyJ9" + it[4:], {"inclusion"}),
        (("receipt", "rootHash"), lambda _: "11" * 32, {"inclusion", "checkpoint"}),
        (("receipt", "checkpoint"), lambda it: it.replace("\n", "\n1", 1), {"checkpoint"}),
        (("receipt", "checkpoint"), lambda it: it[:-9] + "AAAAAAA=\n", {"checkpoint"}),
    ],
)
def test_whatever_was_changed_in_a_receipt_is_found(visit, service, receipt, fault):
    path, change, wrong = fault
    names = ["canonical", "signature", "record", "inclusion", "checkpoint"]
    found = paste(visit(service), changed(receipt, path, change))
    assert {name for name, state in zip(names, found, strict=True) if state == "no"} == wrong


def test_a_short_receipt_is_checked_as_far_as_it_goes(visit, service, receipt):
    short = changed(receipt, ("receipt",), lambda it: {name: it[name] for name in ("index", "treeSize", "rootHash")})
    page = visit(service)
    assert paste(page, short) == ["yes", "yes", "unsure", "unsure", "unsure"]
    expect(page.locator(".stamp")).to_have_text("Partly checked")


@pytest.mark.parametrize("text", ["", "lots", "1e999", "5 5"])
def test_what_is_no_number_is_refused_in_words(visit, service, text):
    page = visit(service)
    go(page, "scores")
    page.locator("[name=score]").fill(text)
    page.locator("#certify button").click()
    expect(page.locator("#certify-state")).to_have_text("Type a number, such as 123.4.")
    expect(page.locator("[name=score]")).to_be_focused()
