"""The commands, as a person or a script meets them."""

import shutil
import ssl
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from minimon import __version__
from minimon.cli import main
from minimon.settings import VARIABLES

CERTS = ("app_signing_cert.pem", "app_signing_key.pem", "cert.pem", "key.pem", "ledger_checkpoint_key.pem")


@pytest.fixture
def run(capsys):
    """Run a command; return its exit status, output and error output."""

    def run(*arguments):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        out, err = capsys.readouterr()
        return caught.value.code or 0, out, err

    return run


def row(out, variable):
    (line,) = [line for line in out.splitlines() if line.split()[:1] == [variable]]
    return line


def contents():
    return {path.name: path.read_bytes() for path in Path("certs").iterdir()}


def openssl(*command):
    return subprocess.run(["openssl", *command], check=True, capture_output=True, text=True).stdout


def test_the_version_is_printed(run):
    assert run("--version") == (0, f"{__version__}\n", "")


@pytest.mark.parametrize("arguments", [("nonsense",), ("settings", "extra"), ("--nonsense",), ("keys", "nonsense")])
def test_a_command_that_is_none_is_status_2_and_no_traceback(run, arguments):
    status, _, err = run(*arguments)
    assert status == 2
    assert "Traceback" not in err


def test_settings_shows_every_variable_with_its_value_and_meaning_in_a_line(run):
    status, out, err = run("settings")
    assert (status, err) == (0, "")
    assert len(out.splitlines()) == len(VARIABLES) + 1
    for variable in VARIABLES:
        line = row(out, variable.name)
        assert variable.meaning in line
        assert "default" in line
        assert variable.secret or variable.default in line


def test_settings_shows_where_a_value_came_from(run, monkeypatch):
    Path("my.env").write_text("MINIMON_HOST=filehost\nMINIMON_PORT=1\n")
    monkeypatch.setenv("MINIMON_ENV_FILE", "my.env")
    monkeypatch.setenv("MINIMON_PORT", "8080")
    monkeypatch.setenv("MINIMON_LOG_LEVEL", "error")
    _, out, _ = run("settings")
    assert row(out, "MINIMON_HOST").split()[1:3] == ["filehost", "my.env"]
    assert row(out, "MINIMON_PORT").split()[1:3] == ["8080", "environment"]
    assert row(out, "LOG_LEVEL").split()[1:3] == ["ERROR", "environment"]


def test_settings_masks_secrets(run, monkeypatch):
    for name in ("MINIMON_BEARER_TOKEN", "OPENAI_API_KEY", "MINIMON_SIGNING_KEY_PASSPHRASE"):
        monkeypatch.setenv(name, "s3cret")
    _, out, err = run("settings")
    assert "s3cret" not in out + err
    assert row(out, "MINIMON_BEARER_TOKEN").split()[1] == "********"


def test_settings_gives_a_pipe_whole_lines_however_long_the_values(run, monkeypatch):
    long = "folder/" * 60
    monkeypatch.setenv("MINIMON_IMAGES_DIR", long)
    _, out, _ = run("settings")
    assert long in row(out, "MINIMON_IMAGES_DIR")


@pytest.mark.parametrize("command", [("settings",), ("serve",), (), ("keys", "check"), ("health",)])
def test_wrong_settings_stop_every_command_with_a_line_a_fault_and_status_2(run, monkeypatch, command):
    monkeypatch.setenv("MINIMON_PORT", "http")
    monkeypatch.setenv("MINIMON_BEARER_TOKEN", "s3cret s3cret")
    status, out, err = run(*command)
    assert (status, out) == (2, "")
    token, port = sorted(err.splitlines())
    assert token.startswith("minimon: MINIMON_BEARER_TOKEN is a secret (from environment): allowed is visible ASCII")
    assert port == "minimon: MINIMON_PORT is 'http' (from environment): allowed is a whole number from 0 to 65535"


def test_a_refusal_of_the_real_program_is_a_line_and_status_2(monkeypatch):
    monkeypatch.setenv("MINIMON_TLS", "maybe")
    done = subprocess.run([sys.executable, "-m", "minimon"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr
        == "minimon: MINIMON_TLS is 'maybe' (from environment): allowed is 1/0, true/false, yes/no or on/off\n"
    )


def test_make_makes_both_pairs_and_says_so(run):
    status, out, _ = run("keys", "make")
    assert status == 0
    assert sorted(contents()) == sorted(CERTS)
    assert out.count("(made now)") == 3
    for name in ("key.pem", "app_signing_key.pem", "ledger_checkpoint_key.pem"):
        assert stat.S_IMODE(Path("certs", name).stat().st_mode) == 0o600
    for name in ("cert.pem", "app_signing_cert.pem"):
        shown = openssl("x509", "-in", f"certs/{name}", "-noout", "-fingerprint", "-sha256")
        assert shown.strip().partition("=")[2].replace(":", "").lower() in out


def test_the_made_certificate_names_this_machine_as_openssl_reads_it(run):
    run("keys", "make")
    shown = openssl("x509", "-in", "certs/cert.pem", "-noout", "-ext", "subjectAltName")
    for name in ("DNS:localhost", "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1"):
        assert name in shown
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain("certs/cert.pem", "certs/key.pem")


def test_make_again_overwrites_nothing(run):
    run("keys", "make")
    before = contents()
    status, out, _ = run("keys", "make")
    assert status == 0
    assert "(made now)" not in out
    assert contents() == before


def test_show_tells_kind_validity_and_fingerprint_and_makes_nothing(run):
    run("keys", "make")
    before = contents()
    status, out, _ = run("keys", "show")
    assert status == 0
    assert out.count("EC secp256r1") == 2 and "Ed25519" in row(out, "checkpoint")
    assert contents() == before


def test_show_tells_that_there_is_no_certificate(run):
    run("keys", "make")
    Path("certs/app_signing_cert.pem").unlink()
    status, out, _ = run("keys", "show")
    assert status == 0
    assert "none" in row(out, "signing")


def test_check_accepts_what_make_made(run):
    run("keys", "make")
    assert run("keys", "check") == (0, "TLS pair, signing pair and checkpoint key: sound\n", "")


@pytest.mark.parametrize("command", ["check", "show"])
def test_check_and_show_make_nothing_and_name_all_that_is_missing(run, command):
    status, out, err = run("keys", command)
    assert (status, out) == (2, "")
    assert [line.split(": ")[1] for line in err.splitlines()] == [
        "certs/key.pem", "certs/app_signing_key.pem", "certs/ledger_checkpoint_key.pem",
    ]  # fmt: skip
    assert not Path("certs").exists()


def make_half():
    Path("certs/key.pem").unlink()


def make_mismatched():
    shutil.copy("certs/app_signing_cert.pem", "certs/cert.pem")


def make_garbage():
    Path("certs/key.pem").write_bytes(b"\x00garbage\xff")


def make_folder():
    Path("certs/key.pem").unlink()
    Path("certs/key.pem").mkdir()


def make_encrypted():
    openssl("pkey", "-in", "certs/key.pem", "-aes256", "-passout", "pass:s3cret", "-out", "certs/new.pem")
    Path("certs/new.pem").replace("certs/key.pem")


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (make_half, "certs/key.pem: is missing: put it in place, or move certs/cert.pem away to have a new pair made"),
        (make_mismatched, "certs/key.pem: does not belong to the certificate certs/cert.pem: "),
        (make_garbage, "certs/key.pem: is not a private key in PEM form: "),
        (make_folder, "certs/key.pem: cannot be read (Is a directory): "),
        (make_encrypted, "certs/key.pem: is encrypted: store it without a passphrase "),
    ],
)
@pytest.mark.parametrize("command", ["check", "make", "show"])
def test_a_spoilt_pair_is_a_line_with_the_file_and_the_remedy_and_stays_as_it_is(run, spoil, line, command):
    run("keys", "make")
    spoil()
    before = sorted(Path("certs").iterdir())
    status, out, err = run("keys", command)
    assert (status, out) == (2, "")
    assert err.startswith(f"minimon: {line}") and len(err.splitlines()) == 1
    assert sorted(Path("certs").iterdir()) == before


def test_check_tells_the_faults_of_both_pairs(run):
    run("keys", "make")
    make_garbage()
    Path("certs/app_signing_key.pem").write_bytes(b"garbage")
    status, _, err = run("keys", "check")
    assert (status, len(err.splitlines())) == (2, 2)


def test_check_refuses_a_key_that_cannot_sign_scores(run):
    run("keys", "make")
    Path("certs/app_signing_cert.pem").unlink()
    openssl("genpkey", "-algorithm", "X25519", "-out", "certs/app_signing_key.pem")
    status, _, err = run("keys", "check")
    assert status == 2
    assert err.startswith("minimon: certs/app_signing_key.pem: this key cannot sign scores (X25519): ")


def test_check_refuses_a_checkpoint_key_of_another_kind(run):
    run("keys", "make")
    shutil.copy("certs/app_signing_key.pem", "certs/ledger_checkpoint_key.pem")
    status, _, err = run("keys", "check")
    assert status == 2
    assert (
        err == "minimon: certs/ledger_checkpoint_key.pem: cannot sign checkpoints (EC secp256r1): use an Ed25519 key\n"
    )


def test_check_refuses_a_pair_that_tls_would_refuse(run):
    run("keys", "make")
    openssl(
        "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=weak", "-days", "9",
        "-keyout", "certs/key.pem", "-out", "certs/cert.pem",
    )  # fmt: skip
    status, _, err = run("keys", "check")
    assert status == 2
    assert err.startswith("minimon: certs/cert.pem: TLS cannot use this certificate and its key (EE_KEY_TOO_SMALL): ")


@pytest.mark.parametrize(
    ("made_with", "read_with", "fault"),
    [
        ("s3cret", "s3cret", ""),
        ("s3cret", "", "is encrypted: set MINIMON_SIGNING_KEY_PASSPHRASE"),
        ("s3cret", "s3cret2", "the passphrase does not open it: correct MINIMON_SIGNING_KEY_PASSPHRASE"),
        ("", "s3cret", "is not encrypted, yet MINIMON_SIGNING_KEY_PASSPHRASE is set: unset it"),
    ],
)
def test_the_passphrase_has_to_be_the_keys_own(run, monkeypatch, made_with, read_with, fault):
    monkeypatch.setenv("MINIMON_SIGNING_KEY_PASSPHRASE", made_with)
    run("keys", "make")
    monkeypatch.setenv("MINIMON_SIGNING_KEY_PASSPHRASE", read_with)
    status, _, err = run("keys", "check")
    assert (status, err) == ((2, f"minimon: certs/app_signing_key.pem: {fault}\n") if fault else (0, ""))


def test_health_of_a_service_that_is_not_there_is_status_1_and_a_line(run, monkeypatch):
    monkeypatch.setenv("MINIMON_HOST", "127.0.0.1")
    monkeypatch.setenv("MINIMON_PORT", "1")
    status, out, err = run("health")
    assert (status, out) == (1, "")
    assert err.startswith("minimon: no answer from 127.0.0.1 port 1: ")


def test_the_commands_beside_serve_do_not_load_the_web():
    code = "import sys, minimon.cli; sys.exit(bool({'fastapi', 'uvicorn'} & set(sys.modules)))"
    assert subprocess.run((sys.executable, "-c", code), check=False).returncode == 0
