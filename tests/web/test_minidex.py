"""The page's files and how they are served. What it does is tried in a real browser: tests/browser."""

import gzip
import json
import re

import pytest

from minimon.web.minidex import PAGE, read_words

PARTS = {path.name: path.read_text("utf-8") for path in (PAGE / "dex").iterdir()}
SOURCES = PARTS | {name: (PAGE / name).read_text("utf-8") for name in ("index.html", "sw.js")}
WORDS = {language: read_words(PARTS[f"{language}.json"].encode()) for language in ("en", "fr")}
MOST_BYTES = 120_000


@pytest.fixture(scope="module")
def client(service):
    with service.client() as client:
        yield client


def test_the_page_needs_no_token_and_has_no_rate_limit(run_service):
    guarded = run_service(MINIMON_BEARER_TOKEN="t", MINIMON_RATE_LIMIT_PER_MIN="1")
    with guarded.client() as client:
        for path in ("/", "/", "/dex/app.js", "/dex/style.css", "/sw.js"):
            assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/", "/sw.js", *(f"/dex/{name}" for name in sorted(PARTS))])
def test_every_file_is_served_under_a_strict_policy(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("encoding", ["gzip, br", "identity", "gzip;q=0", "br"])
def test_a_file_is_sent_gzipped_to_those_who_take_it_and_not_sent_to_those_who_have_it(client, encoding):
    with client.stream("GET", "/dex/style.css", headers={"Accept-Encoding": encoding}) as answer:
        raw = b"".join(answer.iter_raw())
    zipped = answer.headers.get("content-encoding") == "gzip"
    assert zipped is (encoding == "gzip, br")
    assert (gzip.decompress(raw) if zipped else raw).decode() == PARTS["style.css"]
    assert answer.headers["vary"] == "Accept-Encoding"
    tag = answer.headers["etag"]
    for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = client.get("/dex/style.css", headers={"Accept-Encoding": encoding, "If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = client.get("/dex/style.css", headers={"Accept-Encoding": encoding, "If-None-Match": '"other"'})
    assert other.status_code == 200


def test_a_compressed_file_and_a_plain_one_have_tags_of_their_own(client):
    tags = {client.get("/", headers={"Accept-Encoding": it}).headers["etag"] for it in ("gzip", "identity")}
    assert len(tags) == 2


@pytest.mark.parametrize(("accepted", "language"), [("fr-CH, en;q=0.8", "fr"), ("en-US", "en"), ("de", "en")])
def test_the_page_comes_in_the_language_that_is_preferred(client, accepted, language):
    answer = client.get("/", headers={"Accept-Language": accepted})
    assert f'<html lang="{language}"' in answer.text
    assert f">{WORDS[language]['mint.button']}</span>" in answer.text
    assert "Accept-Language" in answer.headers["vary"]


def test_what_is_not_there_has_the_shape_of_every_error(client):
    for path in ("/dex/none.js", "/dex/..%2Findex.html"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert client.post("/").status_code == 405


def test_the_service_worker_keeps_the_page_and_all_that_it_is_made_of(client):
    kept = json.loads(re.search(r"FILES = (\[.*\]);", client.get("/sw.js").text)[1])
    assert kept[0] == "./"
    assert {path.removeprefix("dex/") for path in kept[1:]} == set(PARTS)


def test_the_page_is_light():
    assert sum(len(text.encode()) for name, text in SOURCES.items() if not name.endswith(".svg")) <= MOST_BYTES


def test_the_page_asks_nobody_else_and_holds_no_inline_script_or_style():
    foreign = re.compile(r"https?://(?!www\.w3\.org/2000/svg)|//cdn")
    assert [name for name, text in SOURCES.items() if foreign.search(text)] == []
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", SOURCES["index.html"])
    assert [name for name, text in PARTS.items() if "innerHTML" in text.replace("without innerHTML", "")] == []


def test_both_catalogues_have_every_key_with_the_same_fields():
    assert list(WORDS["en"]) == list(WORDS["fr"])
    fields = {
        language: {key: set(re.findall(r"\{\w+\}", text)) for key, text in words.items()}
        for language, words in WORDS.items()
    }
    assert fields["en"] == fields["fr"]
    assert not [key for words in WORDS.values() for key, text in words.items() if not text.strip()]


def test_every_key_that_is_used_is_there_and_every_key_is_used():
    text = "\n".join(text for name, text in SOURCES.items() if not name.endswith(".json"))
    named = set(re.findall(r"""\bdata-t(?:-\w+)?="([\w.]+)"|\bt\(\s*"([\w.]+)\"""", text))
    used = {first or second for first, second in named}
    keys = {re.sub(r"\.(one|other)$", "", key) for key in WORDS["en"]}
    assert used - keys == set()
    families = {prefix.rstrip(".") for prefix in re.findall(r"[\"`]([a-z]+(?:\.[a-z]+)*\.)\$\{", text)} | {""}
    quoted = set(re.findall(r"[\"`]([\w.]+)[\"`]", text))
    assert {key for key in keys - used - quoted if key.rpartition(".")[0] not in families} == set()


def test_french_is_set_as_french_is():
    for key, text in WORDS["fr"].items():
        assert "'" not in text, key
        assert not re.search(r"(?<!\u202f)[;!?]", text), key
        assert not re.search(r"(?<!\u00a0):(?!\w)", text), key
        assert not re.search(r"[^\u00a0]%|…\S|\.\.\.", text), key


def test_english_is_set_as_english_is():
    for key, text in WORDS["en"].items():
        assert not re.search(r"['\"]|\.\.\.", text), key
