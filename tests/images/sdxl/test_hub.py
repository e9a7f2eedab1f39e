"""A checkpoint that is not here yet comes from a hub: here a small server that answers as that of Hugging Face."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from huggingface_hub import constants

from minimon.errors import StartError
from minimon.images.sdxl.checkpoint import find_checkpoint, fingerprint

MODEL, COMMIT = "tiny/sdxl-turbo", "0" * 40


class Hub(BaseHTTPRequestHandler):
    """Answers for one model: its description, the list of its files, and the files."""

    folder: Path

    def do_HEAD(self) -> None:
        path = self.path.partition("?")[0].removeprefix(f"/{MODEL}/resolve/{COMMIT}/")
        self.answer((self.folder / path).read_bytes())

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        files = sorted(file for file in self.folder.rglob("*") if file.is_file())
        names = [str(file.relative_to(self.folder)) for file in files]
        if path == f"/api/models/{MODEL}/revision/main":
            self.answer(
                json.dumps({"id": MODEL, "sha": COMMIT, "siblings": [{"rfilename": n} for n in names]}).encode()
            )
        elif path.startswith(f"/api/models/{MODEL}/tree/"):
            rows = [
                {"type": "file", "path": name, "size": file.stat().st_size, "oid": "0" * 40}
                for name, file in zip(names, files, strict=True)
            ]
            self.answer(json.dumps(rows).encode())
        elif path.startswith(f"/{MODEL}/resolve/"):
            self.do_HEAD()
        else:
            self.send_error(404)

    def answer(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture
def hub(folder, pipeline, tmp_path, monkeypatch):
    server = ThreadingHTTPServer(("localhost", 0), type("TinyHub", (Hub,), {"folder": folder}))
    threading.Thread(target=server.serve_forever).start()
    base = f"http://localhost:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", base)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", base + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    yield
    server.shutdown()
    server.server_close()


def test_a_checkpoint_is_downloaded_whole_while_it_is_told_how_far_it_is(hub, folder, capfd):
    told = []
    found = find_checkpoint(MODEL, lambda stage, done: told.append((stage, done)))
    assert fingerprint(found.folder) == fingerprint(folder)
    assert {stage for stage, _ in told} == {"downloading"}
    assert told[-1][1] == 1
    assert all(0 <= done <= 1 for _, done in told)
    assert "Fetching" not in capfd.readouterr().err


def test_a_model_that_the_hub_does_not_have_is_one_line(hub):
    with pytest.raises(StartError, match=r"SDXL_TURBO_MODEL is tiny/nothing: cannot be downloaded .*: name a local"):
        find_checkpoint("tiny/nothing", lambda *_: None)
