"""Key pairs on disk: made where there are none, refused with a line where they are wrong, never overwritten."""

import os
import socket
import ssl
import stat
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from minimon.errors import StartError
from minimon.keys import PairFiles, load_pair, open_pair, signing_files, tls_files
from minimon.services import SigningKey
from minimon.settings import Settings

PASSPHRASE = b"s3cret pass"
NOBODY = 65534


def files_of(folder, purpose="signing", passphrase=b""):
    return PairFiles(purpose, folder / "key.pem", folder / "cert.pem", passphrase, cert_optional=purpose == "signing")


def made(folder, purpose="signing", passphrase=b""):
    files = files_of(folder, purpose, passphrase)
    open_pair(files)
    return files


def fault(files):
    with pytest.raises(StartError) as caught:
        open_pair(files)
    (line,) = caught.value.faults
    assert "s3cret" not in line
    return line


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def traditional_pem(key, passphrase):
    form = serialization.PrivateFormat.TraditionalOpenSSL
    lock = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, lock)


@pytest.mark.parametrize("purpose", ["TLS", "signing"])
def test_a_pair_is_made_where_there_is_none_with_its_key_for_this_user_alone(tmp_path, purpose):
    pair = open_pair(files_of(tmp_path / "certs", purpose))
    assert pair.made
    assert pair.kind == "EC secp256r1"
    assert stat.S_IMODE(pair.files.key_path.stat().st_mode) == 0o600
    assert sorted(contents(tmp_path / "certs")) == ["cert.pem", "key.pem"]


@pytest.mark.parametrize("purpose", ["TLS", "signing"])
def test_a_pair_that_exists_is_used_and_not_overwritten(tmp_path, purpose):
    first = open_pair(files_of(tmp_path, purpose))
    before = contents(tmp_path)
    second = open_pair(files_of(tmp_path, purpose))
    assert not second.made
    assert second.fingerprint == first.fingerprint
    assert contents(tmp_path) == before


def test_the_tls_certificate_covers_the_names_of_this_machine_and_is_for_servers(tmp_path):
    certificate = open_pair(files_of(tmp_path, "TLS")).certificate
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"localhost", socket.gethostname()} == set(names.get_values_for_type(x509.DNSName)) | {"localhost"}
    assert set(names.get_values_for_type(x509.IPAddress)) == {ip_address("127.0.0.1"), ip_address("::1")}
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]


@pytest.mark.parametrize("host", ["", "bücher", "x" * 300, "LOCALHOST"])
def test_a_host_name_that_no_certificate_can_hold_is_left_out(tmp_path, monkeypatch, host):
    monkeypatch.setattr(socket, "gethostname", lambda: host)
    certificate = open_pair(files_of(tmp_path, "TLS")).certificate
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]


def test_a_made_certificate_is_valid_now_and_no_longer_than_clients_accept(tmp_path):
    for purpose, days in (("TLS", 825), ("signing", 3650)):
        certificate = open_pair(files_of(tmp_path / purpose, purpose)).certificate
        now = datetime.now(UTC)
        assert certificate.not_valid_before_utc < now < certificate.not_valid_after_utc
        assert certificate.not_valid_after_utc <= now + timedelta(days=days)


def test_a_client_that_trusts_the_made_certificate_accepts_the_server(tmp_path):
    files = made(tmp_path, "TLS")
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(files.cert_path, files.key_path)
    command = ["openssl", "verify", "-CAfile", str(files.cert_path), "-purpose", "sslserver"]
    command += ["-verify_hostname", "localhost", str(files.cert_path)]
    subprocess.run(command, check=True, capture_output=True)


def test_a_signing_key_is_made_encrypted_if_there_is_a_passphrase(tmp_path):
    files = made(tmp_path, passphrase=PASSPHRASE)
    assert b"ENCRYPTED" in files.key_path.read_bytes()
    assert load_pair(files).key.public_key() == load_pair(files).certificate.public_key()


@pytest.mark.parametrize("purpose", ["TLS", "signing"])
def test_a_certificate_without_its_key_stops_the_start(tmp_path, purpose):
    files = made(tmp_path, purpose)
    files.key_path.unlink()
    before = contents(tmp_path)
    assert fault(files) == (
        f"{files.key_path}: is missing: put it in place, or move {files.cert_path} away to have a new pair made"
    )
    assert contents(tmp_path) == before


def test_a_tls_key_without_its_certificate_stops_the_start(tmp_path):
    files = made(tmp_path, "TLS")
    files.cert_path.unlink()
    assert fault(files).startswith(f"{files.cert_path}: is missing: put it in place, or move {files.key_path} away")
    assert sorted(contents(tmp_path)) == ["key.pem"]


def test_a_signing_key_needs_no_certificate(tmp_path):
    files = made(tmp_path)
    files.cert_path.unlink()
    pair = open_pair(files)
    assert pair.certificate is None
    assert pair.fingerprint is None
    assert sorted(contents(tmp_path)) == ["key.pem"]


@pytest.mark.parametrize("purpose", ["TLS", "signing"])
def test_a_key_of_another_certificate_stops_the_start(tmp_path, purpose):
    files = made(tmp_path, purpose)
    other = made(tmp_path / "other", purpose)
    files.cert_path.write_bytes(other.cert_path.read_bytes())
    assert fault(files).startswith(f"{files.key_path}: does not belong to the certificate {files.cert_path}: ")


def test_a_key_of_another_kind_than_its_certificate_stops_the_start(tmp_path):
    files = made(tmp_path)
    files.key_path.write_bytes(traditional_pem(rsa.generate_private_key(65537, 2048), b""))
    assert "does not belong" in fault(files)


def test_an_encrypted_signing_key_without_a_passphrase_stops_the_start(tmp_path):
    files = made(tmp_path, passphrase=PASSPHRASE)
    assert fault(files_of(tmp_path)) == f"{files.key_path}: is encrypted: set MINIMON_SIGNING_KEY_PASSPHRASE"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_group_may_read_a_key_of_another_owner_as_kubernetes_mounts_secrets(tmp_path):
    files = made(tmp_path)
    os.chown(files.key_path, NOBODY, os.getegid())
    files.key_path.chmod(0o440)
    assert not open_pair(files).made
    files.key_path.chmod(0o444)
    assert "other users may read it (mode 0444)" in fault(files)
    os.chown(files.key_path, os.geteuid(), os.getegid())
    files.key_path.chmod(0o440)
    assert "other users may read it (mode 0440)" in fault(files)


@pytest.mark.parametrize("wrong", [b"s3cret", PASSPHRASE + b" ", b"\xff"])
def test_a_wrong_passphrase_stops_the_start(tmp_path, wrong):
    files = made(tmp_path, passphrase=PASSPHRASE)
    assert fault(files_of(tmp_path, passphrase=wrong)) == (
        f"{files.key_path}: the passphrase does not open it: correct MINIMON_SIGNING_KEY_PASSPHRASE"
    )


def test_an_old_form_of_encrypted_key_is_opened_and_refused_alike(tmp_path):
    files = files_of(tmp_path, passphrase=PASSPHRASE)
    files.key_path.write_bytes(traditional_pem(ec.generate_private_key(ec.SECP256R1()), PASSPHRASE))
    files.key_path.chmod(0o600)
    assert open_pair(files).kind == "EC secp256r1"
    assert "set MINIMON_SIGNING_KEY_PASSPHRASE" in fault(files_of(tmp_path))
    assert "the passphrase does not open it" in fault(files_of(tmp_path, passphrase=b"wrong"))


def test_a_passphrase_for_a_plain_key_stops_the_start(tmp_path):
    files = made(tmp_path)
    assert fault(files_of(tmp_path, passphrase=PASSPHRASE)) == (
        f"{files.key_path}: is not encrypted, yet MINIMON_SIGNING_KEY_PASSPHRASE is set: unset it"
    )


def test_an_encrypted_tls_key_stops_the_start_with_the_way_to_open_it(tmp_path):
    made(tmp_path, passphrase=PASSPHRASE)
    assert "is encrypted: store it without a passphrase (openssl pkey" in fault(files_of(tmp_path, "TLS"))


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
@pytest.mark.parametrize("purpose", ["TLS", "signing"])
def test_garbage_in_place_of_a_key_stops_the_start(tmp_path, purpose, content):
    files = made(tmp_path, purpose)
    files.key_path.write_bytes(content)
    assert fault(files).startswith(f"{files.key_path}: is not a private key in PEM form: ")
    assert files.key_path.read_bytes() == content


def test_a_certificate_in_place_of_a_key_stops_the_start(tmp_path):
    files = made(tmp_path)
    files.key_path.write_bytes(files.cert_path.read_bytes())
    assert "is not a private key in PEM form" in fault(files)


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
@pytest.mark.parametrize("purpose", ["TLS", "signing"])
def test_garbage_in_place_of_a_certificate_stops_the_start(tmp_path, purpose, content):
    files = made(tmp_path, purpose)
    files.cert_path.write_bytes(content)
    assert fault(files).startswith(f"{files.cert_path}: is not a certificate in PEM form: ")


@pytest.mark.parametrize("which", ["key_path", "cert_path"])
def test_a_folder_in_place_of_a_file_stops_the_start(tmp_path, which):
    files = made(tmp_path)
    path = getattr(files, which)
    path.unlink()
    path.mkdir()
    assert fault(files).startswith(f"{path}: cannot be read (Is a directory): ")


def test_a_folder_that_is_a_file_stops_the_start(tmp_path):
    (tmp_path / "certs").write_text("")
    assert f"{tmp_path / 'certs'}" in fault(files_of(tmp_path / "certs"))


def test_a_name_that_no_file_can_have_stops_the_start(tmp_path):
    files = PairFiles("TLS", tmp_path / ("k" * 300), tmp_path / "cert.pem", b"", cert_optional=False)
    assert fault(files).startswith(f"{files.key_path}: cannot be read (File name too long): ")


def test_a_passphrase_too_long_for_a_key_stops_the_start(tmp_path):
    files = files_of(tmp_path, passphrase=b"x" * 2000)
    assert "MINIMON_SIGNING_KEY_PASSPHRASE" in fault(files)
    assert contents(tmp_path) == {}


@pytest.fixture
def nobody():
    """Run a test as a user without rights, also where tests run as root."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    yield
    os.seteuid(user)


@pytest.fixture
def locked():
    """A folder with a pair that only root may reach, and one whose key only root may read."""
    with tempfile.TemporaryDirectory() as name:  # not in pytest's own folder, which nobody else may enter
        folder = Path(name)
        folder.chmod(0o755)
        for purpose in ("closed", "open"):
            made(folder / purpose, "TLS")
        (folder / "open" / "key.pem").chmod(0)
        (folder / "open").chmod(0o555)
        (folder / "closed").chmod(0)
        yield folder
        for purpose in ("closed", "open"):
            (folder / purpose).chmod(0o700)


def test_a_key_that_this_user_may_not_read_stops_the_start(locked, nobody):
    files = files_of(locked / "open", "TLS")
    assert fault(files).startswith(f"{files.key_path}: cannot be read (Permission denied): ")


def test_a_folder_that_this_user_may_not_enter_stops_the_start(locked, nobody):
    files = files_of(locked / "closed", "TLS")
    assert fault(files).startswith(f"{files.key_path}: cannot be read (Permission denied): ")


def test_a_folder_that_this_user_may_not_write_stops_the_start(locked, nobody):
    files = files_of(locked / "open" / "new", "TLS")
    assert "cannot be made (Permission denied): make the folder writable" in fault(files)


def test_the_settings_say_where_the_pairs_lie_and_a_passphrase_may_hold_any_byte(monkeypatch):
    monkeypatch.setenv("MINIMON_SIGNING_KEY_PASSPHRASE", os.fsdecode(b"s3cret\xff"))
    settings = Settings(signing_key_path="a", signing_cert_path="b", tls_key_path="c", tls_cert_path="d")
    assert signing_files(settings) == PairFiles("signing", Path("a"), Path("b"), b"s3cret\xff", cert_optional=True)
    assert tls_files(settings) == PairFiles("TLS", Path("c"), Path("d"), b"", cert_optional=False)


def test_the_signing_key_can_be_replaced_while_the_service_runs(tmp_path):
    key = SigningKey(Settings())
    before = key.signer().fingerprint
    for name in ("app_signing_key.pem", "app_signing_cert.pem"):
        (tmp_path / "certs" / name).unlink()
    open_pair(signing_files(Settings()))
    assert key.signer().fingerprint == before
    key.reload()
    assert key.signer().fingerprint != before


def test_a_replacement_that_cannot_be_used_leaves_the_key_in_use(tmp_path):
    key = SigningKey(Settings())
    before = key.signer()
    (tmp_path / "certs" / "app_signing_key.pem").write_bytes(b"garbage")
    key.reload()
    assert key.signer() is before
