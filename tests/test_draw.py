"""``minimon draw``: sheets and files, the same for the same seeds."""

import pytest
from PIL import Image

from minimon.cli import main
from minimon.creatures import Element, Rarity, Traits
from minimon.images.drawn.scene import scene_svg


def draw(*arguments):
    with pytest.raises(SystemExit) as stopped:
        main(["draw", *map(str, arguments)])
    return stopped.value.code


def size(path):
    with Image.open(path) as image:
        return image.size


def test_a_sheet_has_eight_in_a_row(tmp_path, capsys):
    assert draw("--seed", 3, "--count", 10, "--side", 64, "--sheet", tmp_path / "sheet.png") == 0
    assert size(tmp_path / "sheet.png") == (8 * 64, 2 * 64)
    assert capsys.readouterr().out == f"{tmp_path / 'sheet.png'}\n"


def test_each_goes_into_a_file_named_by_what_draws_it_again(tmp_path):
    assert draw("--seed", 7, "--count", 2, "--rarity", "s+", "--element", "fire", "--svg", tmp_path / "art") == 0
    assert sorted(path.name for path in (tmp_path / "art").iterdir()) == ["7-Splus-fire.svg", "8-Splus-fire.svg"]
    drawn = (tmp_path / "art/7-Splus-fire.svg").read_text()
    assert drawn == scene_svg(Traits(7, Rarity.S_PLUS, Element.FIRE))


def test_without_a_wish_it_is_a_sheet_of_any_seed(tmp_path):
    assert draw("--side", 64) == 0
    assert size("minimons.png") == (64, 64)


def test_png_files_have_the_side_that_is_asked_for(tmp_path):
    assert draw("--seed", 1, "--png", tmp_path, "--side", 100) == 0
    (path,) = tmp_path.glob("1-*.png")
    assert size(path) == (100, 100)


def test_a_place_that_cannot_be_written_is_one_line(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert draw("--seed", 1, "--svg", tmp_path / "file") == 2
    assert capsys.readouterr().err.startswith(f"minimon: {tmp_path / 'file'}: cannot be written")
