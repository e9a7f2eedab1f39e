"""How the service starts, and what it says where it does not."""

import errno
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import OURS, PICTURES, ROOT
from tests.wire.conftest import ledger_lines, wait_for

from minimon.cli import main

WAYS = {
    "python gen-server.py": (sys.executable, str(ROOT / "gen-server.py")),
    "minimon serve": (str(Path(sys.executable).with_name("minimon")), "serve"),
    "minimon": (str(Path(sys.executable).with_name("minimon")),),
    "python -m minimon": (sys.executable, "-m", "minimon"),
}


@pytest.mark.parametrize("way", WAYS)
def test_each_way_starts_the_same_service(run_service, way):
    service = run_service(*WAYS[way])
    with service.client() as client:
        assert client.get("/health").json()["backend"] == "files"
        assert client.get("/v1/generate").status_code == 200
        assert client.post("/v1/certify-score", json={"score": 1}).status_code == 200
    assert service.log()[-1]["level"] == "info"
    assert service.stop() == 0


def test_make_serve_ends_in_the_service():
    command = ["make", "--no-print-directory", "-n", "serve"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert shown.splitlines()[-1].endswith("bin/minimon serve")


def test_a_first_start_makes_what_is_missing_with_tight_rights_and_says_so(run_service, tmp_path):
    service = run_service()
    rights = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "certs").iterdir()}
    assert rights == {
        "cert.pem": 0o644,
        "key.pem": 0o600,
        "app_signing_cert.pem": 0o644,
        "app_signing_key.pem": 0o600,
        "ledger_checkpoint_key.pem": 0o600,
    }
    assert (tmp_path / "data/certified_scores.jsonl").stat().st_mode & 0o777 == 0o600
    made = {record["event"]: record["fingerprint_sha256"] for record in service.log() if "made" in record["event"]}
    for purpose, name in (("TLS", "cert.pem"), ("signing", "app_signing_cert.pem")):
        command = ["openssl", "x509", "-in", tmp_path / "certs" / name, "-noout", "-fingerprint", "-sha256"]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert shown.strip().split("=")[1].replace(":", "").lower() == made[f"{purpose} pair made"]


def test_the_certificate_covers_this_machine(run_service, tmp_path):
    run_service()
    command = ["openssl", "x509", "-in", tmp_path / "certs/cert.pem", "-noout", "-ext", "subjectAltName"]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for name in ("DNS:localhost", "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1", f"DNS:{socket.gethostname()}"):
        assert name in names


def test_a_second_start_overwrites_nothing_and_goes_on_with_the_ledger(run_service, tmp_path):
    first = run_service()
    with first.client() as client:
        client.post("/v1/certify-score", json={"score": 1})
    assert first.stop() == 0
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != "service.log"}
    caches = {path for path in files if path.suffix in {".checkpoints", ".tree", ".offsets", ".nonces"}}
    assert (len(files), len(caches)) == (10, 4)
    second = run_service()
    assert all(path.read_bytes() == content for path, content in files.items() if path not in caches)
    assert not [record for record in second.log() if "made" in record["event"]]
    with second.client() as client:
        client.post("/v1/certify-score", json={"score": 2})
    assert [line["signed"]["payload"]["score"] for line in ledger_lines(second)] == [1, 2]


def test_the_process_ends_with_status_2_and_a_line_for_each_fault(tmp_path):
    environ = {name: value for name, value in os.environ.items() if name not in OURS}
    environ |= {"MINIMON_PORT": "x", "MINIMON_TLS": "perhaps"}
    ended = subprocess.run(WAYS["minimon"], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert [line.split(" is ")[0] for line in ended.stderr.splitlines()] == [
        "minimon: MINIMON_PORT",
        "minimon: MINIMON_TLS",
    ]
    assert list(tmp_path.iterdir()) == []


def test_each_bad_setting_has_a_line_that_names_variable_value_and_what_is_allowed(start_fails):
    lines = start_fails(MINIMON_PORT="http", LOG_JSON="maybe", SDXL_WIDTH="513", MINIMON_TRUSTED_PROXIES="10.0.0.1/8")
    assert len(lines) == 4
    for line, variable, value in zip(
        sorted(lines),
        ("LOG_JSON", "MINIMON_PORT", "MINIMON_TRUSTED_PROXIES", "SDXL_WIDTH"),
        ("maybe", "http", "10.0.0.1/8", "513"),
        strict=True,
    ):
        assert line.startswith(f"minimon: {variable} is '{value}'") and "allowed is" in line


@pytest.mark.parametrize(
    ("variable", "value"), [("MINIMON_GENERATION_BACKEND", "dalle"), ("MINIMON_NAME_BACKEND", "psychic")]
)
def test_what_this_version_has_not_is_refused_with_what_it_has(start_fails, variable, value):
    (line,) = start_fails(**{variable: value})
    assert f"{variable} is '{value}'" in line and "in this version: " in line


def test_a_port_in_use_is_named(start_fails):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        (line,) = start_fails(MINIMON_HOST="127.0.0.1", MINIMON_PORT=port)
    assert port in line and "MINIMON_PORT" in line


@pytest.mark.parametrize("host", ["203.0.113.1", "no-such-host.invalid", "a..b", "x" * 300])
def test_an_address_that_is_not_of_this_machine_is_named(start_fails, host):
    (line,) = start_fails(MINIMON_HOST=host)
    assert host in line and "MINIMON_HOST" in line


def test_a_folder_that_cannot_take_keys_is_named(start_fails, tmp_path):
    (tmp_path / "certs").write_text("a file where the folder should be")
    (line,) = start_fails()
    assert "certs/cert.pem" in line


PATHS = (
    "MINIMON_TLS_KEY_PATH",
    "MINIMON_SIGNING_CERT_PATH",
    "MINIMON_SCORE_LEDGER_PATH",
    "MINIMON_IMAGES_DIR",
    "MINIMON_IMAGE_PATTERN",
    "MINIMON_ENV_FILE",
)


@pytest.mark.parametrize("variable", PATHS)
def test_a_path_that_cannot_be_is_named(start_fails, variable):
    (line,) = start_fails(**{variable: "x" * 300 + "{}"})
    assert "x" * 300 in line


@pytest.mark.parametrize(
    ("name", "content", "remedy"),
    [
        ("key.pem", None, "is missing"),
        ("cert.pem", None, "is missing"),
        ("app_signing_key.pem", None, "is missing"),
        ("key.pem", "nonsense", "PEM"),
        ("cert.pem", "nonsense", "PEM"),
        ("app_signing_key.pem", "nonsense", "PEM"),
        ("app_signing_cert.pem", "nonsense", "PEM"),
    ],
)
def test_half_a_pair_or_a_broken_one_is_named_and_left_as_it_is(start_fails, pairs, name, content, remedy):
    path = pairs / name
    path.unlink()
    if content:
        path.write_text(content)
    before = {file: file.read_bytes() for file in pairs.iterdir()}
    (line,) = start_fails()
    assert name in line and remedy in line
    assert {file: file.read_bytes() for file in pairs.iterdir()} == before


@pytest.fixture
def pairs(tmp_path, service):
    return Path(shutil.copytree(service.folder / "certs", tmp_path / "certs"))


def test_keys_of_two_pairs_are_told_apart(start_fails, pairs):
    (pairs / "app_signing_key.pem").replace(pairs / "key.pem")
    assert "key.pem" in start_fails()[0]


def test_a_tls_pair_that_openssl_refuses_is_named(start_fails, pairs):
    command = ["openssl", "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=localhost"]
    subprocess.run(
        [*command, "-keyout", pairs / "key.pem", "-out", pairs / "cert.pem"], check=True, capture_output=True
    )
    (line,) = start_fails()
    assert "certs/cert.pem" in line and "2048" in line


@pytest.mark.parametrize("arguments", [["RSA", "-pkeyopt", "rsa_keygen_bits:1024"], ["X25519"]])
def test_a_key_that_cannot_sign_is_named(start_fails, tmp_path, arguments):
    key = tmp_path / "weak.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", *arguments, "-out", key], check=True, capture_output=True)
    (line,) = start_fails(MINIMON_SIGNING_KEY_PATH=str(key))
    assert str(key) in line and "Ed25519" in line


def test_an_encrypted_key_without_its_passphrase_is_named(start_fails, tmp_path):
    key = tmp_path / "locked.pem"
    command = ["openssl", "genpkey", "-algorithm", "ED25519", "-aes256", "-pass", "pass:x", "-out", key]
    subprocess.run(command, check=True)
    (line,) = start_fails(MINIMON_SIGNING_KEY_PATH=str(key))
    assert str(key) in line and "MINIMON_SIGNING_KEY_PASSPHRASE" in line


def test_a_folder_without_pictures_is_named(start_fails, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in ("empty", "absent"):
        (line,) = start_fails(MINIMON_IMAGES_DIR=folder)
        assert folder in line and "MINIMON_IMAGES_DIR" in line


def test_each_picture_that_is_none_is_named(start_fails, tmp_path):
    folder = Path(shutil.copytree(PICTURES, tmp_path / "pictures"))
    whole = (folder / "image_00.png").read_bytes()
    (folder / "image_01.png").write_bytes(whole[: len(whole) // 2])
    (folder / "image_02.png").write_bytes(whole.replace(b"IDAT", b"IDAX"))
    (folder / "image_03.png").write_text("no picture")
    (folder / "image_04.png").write_bytes(b"")
    (folder / "image_05.png").unlink()
    (folder / "image_05.png").mkdir()
    lines = start_fails(MINIMON_IMAGES_DIR=str(folder))
    assert [re.search(r"image_0\d", line)[0] for line in lines] == [f"image_0{number}" for number in range(1, 6)]


def test_a_ledger_that_another_process_has_is_named(run_service, start_fails, tmp_path):
    run_service()
    (line,) = start_fails()
    assert "data/certified_scores.jsonl" in line and "another process" in line


def test_a_line_that_a_crash_left_half_written_is_moved_away(run_service, tmp_path):
    ledger = tmp_path / "data/certified_scores.jsonl"
    ledger.parent.mkdir()
    ledger.write_bytes(b'{"whole": 1}\n{"half": ')
    service = run_service()
    assert ledger_lines(service) == [{"whole": 1}]
    (torn,) = ledger.parent.glob("certified_scores.jsonl.torn-*")
    assert torn.read_bytes() == b'{"half": '


def test_a_misspelt_variable_is_pointed_out(run_service):
    service = run_service(MINIMON_BEARER_TOKN="secret")
    (warning,) = (record["event"] for record in service.log() if record["level"] == "warning")
    assert "MINIMON_BEARER_TOKN" in warning and "MINIMON_BEARER_TOKEN" in warning


@pytest.mark.parametrize("variables", [{}, {"MINIMON_TLS": "0"}, {"MINIMON_BEARER_TOKEN": "t"}], ids=str)
def test_on_a_terminal_it_greets_with_a_line_that_works(tmp_path, variables):
    environ = {name: value for name, value in os.environ.items() if name not in OURS}
    environ |= {"MINIMON_PORT": "0", "MINIMON_IMAGES_DIR": str(PICTURES), "MINIMON_HOST": "localhost", **variables}
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        WAYS["minimon serve"], cwd=tmp_path, env=environ, stdin=theirs, stdout=subprocess.DEVNULL, stderr=theirs
    )
    try:
        os.close(theirs)
        seen = ""

        def curl_line() -> re.Match[str] | None:
            nonlocal seen
            seen += os.read(ours, 4096).decode()
            return re.search(r"^ *(curl .*)\r\n", seen, re.MULTILINE)

        command = wait_for(curl_line)[1]
        environ["NO_PROXY"] = "*"
        answer = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environ, capture_output=True, timeout=20, check=True
        )
        assert b"imageBase64" in answer.stdout
        assert re.search(r"https?://localhost:\d+", seen)
        assert "certs/app_signing_key.pem" in seen
        assert ("certs/cert.pem" in seen) == ("MINIMON_TLS" not in variables)
    finally:
        process.terminate()
        assert process.wait(20) == 0
        os.close(ours)


def test_without_a_terminal_only_log_lines_come(service):
    assert all(line.startswith(b"{") for line in service.log_text().encode().splitlines())


def test_a_first_start_without_room_leaves_no_half_pair(tmp_path, monkeypatch, capsys):
    """The key does not fit: the next start, with room, goes well."""
    real, calls = os.fsync, []

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SystemExit):
        main(["keys", "make"])
    assert "No space left on device" in capsys.readouterr().err
    monkeypatch.setattr(os, "fsync", real)
    main_status(["keys", "make"])
    assert {path.name for path in (tmp_path / "certs").iterdir()} >= {"cert.pem", "key.pem"}


def main_status(arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert not ended.value.code


def test_a_pipe_in_place_of_a_key_is_refused_and_not_waited_for(tmp_path, capsys):
    (tmp_path / "certs").mkdir()
    os.mkfifo(tmp_path / "certs/key.pem")
    (tmp_path / "certs/cert.pem").write_text("x")
    with pytest.raises(SystemExit):
        main(["serve"])
    assert "certs/key.pem: is not a regular file" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_during_the_start_does_not_end_it_with_a_fault(tmp_path, number):
    code = (
        "import os, minimon.cli as cli\n"
        f"cli.load_settings = lambda: os.kill(os.getpid(), {int(number)}) or exit(0)\n"
        "cli.main(['serve'])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_closed_standard_streams_do_not_harm(tmp_path, run_service):
    service = run_service("bash", "-c", f"exec {sys.executable} -m minimon <&-")
    assert service.stop() == 0
