"""Files that are whole or not there."""

import errno
import os
import stat
from pathlib import Path

import pytest

from minimon.durable import create_file, create_files


def test_a_file_appears_whole_with_its_mode_and_its_folder(tmp_path):
    path = tmp_path / "new" / "folder" / "key.pem"
    create_file(path, b"x" * 100_000, 0o600)
    assert path.read_bytes() == b"x" * 100_000
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_exists_is_not_touched(tmp_path):
    path = tmp_path / "key.pem"
    path.write_bytes(b"old")
    with pytest.raises(FileExistsError):
        create_file(path, b"new", 0o600)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path):
    path = tmp_path / "key.pem"
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        create_file(path, b"new", 0o600)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_fault_on_the_way_leaves_nothing_behind(tmp_path, monkeypatch, call):
    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="Input/output"):
        create_file(tmp_path / "key.pem", b"new", 0o600)
    assert list(tmp_path.iterdir()) == []


def test_data_is_on_disk_before_the_name_appears_and_the_name_before_the_return(tmp_path, monkeypatch):
    path = tmp_path / "key.pem"
    seen = []
    fsync = os.fsync

    def watch(descriptor):
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else f"{os.fstat(descriptor).st_size} bytes"
        seen.append((kind, path.exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    create_file(path, b"12345", 0o600)
    assert seen == [("5 bytes", False), ("folder", True)]


def test_a_secret_is_never_readable_by_others_not_even_as_a_draft(tmp_path, monkeypatch):
    modes = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (modes.append(stat.S_IMODE(os.fstat(fd).st_mode)), fsync(fd)))
    old = os.umask(0)
    try:
        create_file(tmp_path / "key.pem", b"secret", 0o600)
    finally:
        os.umask(old)
    assert modes[0] == 0o600


def test_files_that_belong_together_appear_together_or_not_at_all(tmp_path):
    first, second = tmp_path / "cert.pem", tmp_path / "key.pem"
    second.write_bytes(b"old")
    with pytest.raises(FileExistsError):
        create_files({first: (b"a", 0o644), second: (b"b", 0o600)})
    assert [path.name for path in tmp_path.iterdir()] == ["key.pem"]
    assert second.read_bytes() == b"old"


def test_each_new_folder_is_made_durable_in_the_one_above(tmp_path, monkeypatch):
    synced = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(str(Path(f"/proc/self/fd/{fd}").readlink())), fsync(fd)))
    create_file(tmp_path / "a" / "b" / "key.pem", b"x", 0o600)
    assert {str(tmp_path), str(tmp_path / "a"), str(tmp_path / "a" / "b")} <= set(synced)
