"""Pictures into files, without the service."""

from pathlib import Path

import pytest
from PIL import Image

from minimon.cli import main
from minimon.errors import StartError
from minimon.images.files import read_pictures
from minimon.sets import plan_set
from minimon.settings import Settings

PICTURES = Path(__file__).parent.parent / "minimon"


@pytest.fixture(autouse=True)
def pictures(monkeypatch):
    monkeypatch.setenv("MINIMON_IMAGES_DIR", str(PICTURES))


def run(*arguments):
    with pytest.raises(SystemExit) as ended:
        main(["generate", *arguments])
    return ended.value.code


def test_a_seed_draws_the_same_creature_again(tmp_path, capsys):
    assert [run("--seed", "42", "--out", name) for name in ("a.png", "b.png")] == [0, 0]
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    first, second = (line.split()[1:] for line in capsys.readouterr().out.splitlines() if line[1:5] == ".png")
    assert first == second
    assert "42" in first


def test_a_set_is_one_that_the_files_backend_reads_as_it_is_told_to(tmp_path, capsys):
    assert run("--count", "20", "--out", "set") == 0
    assert len(list((tmp_path / "set").iterdir())) == 20
    told = capsys.readouterr().out.splitlines()[-1]
    assert (
        told
        == "To serve them: MINIMON_GENERATION_BACKEND=files MINIMON_IMAGES_DIR=set MINIMON_MAX_INDEX=19 minimon serve"
    )
    assert len(read_pictures(Settings(images_dir="set", max_index=19)).pictures) == 20


def test_a_single_new_picture(tmp_path):
    assert run("--out", "x.png") == 0
    with Image.open(tmp_path / "x.png") as image:
        assert image.format == "PNG"


@pytest.mark.parametrize(
    "arguments", [("--seed", str(2**53)), ("--seed", "-1"), ("--seed", "1", "--count", "2"), ("--count", "0")]
)
def test_what_cannot_be_meant_is_refused(arguments):
    assert run(*arguments, "--out", "x.png") == 2
    assert not Path("x.png").exists()


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "image_00.png").write_text("mine")
    with pytest.raises(StartError, match="is there already"):
        plan_set(Settings(), tmp_path, None, 3)
