"""The files backend: every picture read and checked at start."""

import asyncio
import io
import struct
import zlib
from collections import Counter

import pytest
from PIL import Image

from minimon.creatures import Element, Rarity, Traits
from minimon.errors import StartError
from minimon.images.files import read_pictures
from minimon.settings import Settings


def png(color=(1, 2, 3), size=(8, 8), image_format="PNG"):
    buffer = io.BytesIO()
    Image.new("RGB", size, color).save(buffer, image_format)
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


def fill(folder, **pictures):
    for index, content in pictures.items():
        (folder / f"image_{index.removeprefix('i')}.png").write_bytes(content)


def open_folder(folder, **settings):
    return read_pictures(Settings(images_dir=str(folder), **settings))


def faults(folder, **settings):
    with pytest.raises(StartError) as caught:
        open_folder(folder, **settings)
    return list(caught.value.faults)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_the_pictures_are_those_from_the_first_index_to_the_last(folder):
    pictures = {f"i0{index}": png((index, 0, 0)) for index in range(6)}
    fill(folder, **pictures)
    found = open_folder(folder, min_index=1, max_index=3).pictures
    assert [picture.png for picture in found] == list(pictures.values())[1:4]


def test_an_index_without_a_file_is_passed_over(folder):
    fill(folder, i01=png(), i04=png())
    assert len(open_folder(folder).pictures) == 2


def test_the_pattern_names_the_files(folder):
    (folder / "monster-3.png").write_bytes(png())
    assert len(open_folder(folder, image_pattern="monster-{}.png").pictures) == 1


def test_each_picture_is_as_likely_as_the_others_and_a_seed_always_gets_the_same(folder):
    fill(folder, **{f"i0{index}": png((index, 0, 0)) for index in range(6)})
    images = open_folder(folder)

    async def draw(seed):
        return await images.draw(Traits(seed, Rarity.F, Element.FIRE), "Aquapyre")

    async def draw_many():
        return Counter([(await draw(seed)).png for seed in range(3000)])

    counts = asyncio.run(draw_many())
    assert len(counts) == 6
    assert sum((count - 500) ** 2 / 500 for count in counts.values()) < 20.5  # one in a thousand; the seeds are fixed
    assert asyncio.run(draw(7)) is asyncio.run(draw(7))


def test_pictures_are_kept_so_that_a_file_may_go_while_the_service_runs(folder):
    fill(folder, i00=png())
    images = open_folder(folder)
    (folder / "image_00.png").unlink()
    assert asyncio.run(images.draw(Traits(1, Rarity.F, Element.FIRE), "Aquapyre")).png == png()


@pytest.mark.parametrize("missing", [True, False])
def test_a_folder_without_pictures_stops_the_start_with_what_was_looked_for(folder, missing):
    if missing:
        folder.rmdir()
    assert faults(folder, max_index=3) == [
        f"{folder}: holds no picture (image_{{:02d}}.png for 0 to 3): put PNG files there or set MINIMON_IMAGES_DIR"
    ]


def test_every_file_that_is_no_picture_is_named_at_once(folder):
    fill(folder, i00=b"", i01=png(), i02=b"garbage", i03=png(image_format="JPEG"), i04=png()[:-20])
    (folder / "image_05.png").mkdir()
    found = faults(folder)
    assert [fault.partition(": ")[0] for fault in found] == [
        f"{folder}/image_0{index}.png" for index in (0, 2, 3, 4, 5)
    ]
    assert all("cannot be used (" in fault and "\n" not in fault for fault in found)


def test_pixels_that_do_not_decode_are_found_though_the_head_is_sound(folder):
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    fill(folder, i00=head + chunk(b"IDAT", b"not zlib at all") + chunk(b"IEND", b""))
    (fault,) = faults(folder)
    assert "image_00.png" in fault


def test_a_picture_that_would_fill_the_memory_is_refused(folder):
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    fill(folder, i00=head + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b""))
    (fault,) = faults(folder)
    assert "image_00.png" in fault and "cannot be used" in fault


def test_a_picture_cut_anywhere_or_with_any_byte_changed_is_a_picture_or_a_line(folder):
    whole = png((200, 100, 50))
    damaged = [whole[:cut] for cut in range(len(whole))]
    damaged += [whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :] for at in range(len(whole))]
    found = [number_of_faults(folder, content) for content in damaged]
    assert set(found) == {0, 1} and found.count(1) > 0.9 * len(found)


def number_of_faults(folder, content):
    fill(folder, i00=content)
    try:
        open_folder(folder)
    except StartError as error:
        return len(error.faults)
    return 0


def test_a_name_that_no_file_can_have_is_a_line(folder):
    (fault,) = faults(folder, image_pattern="x" * 300 + "{}")
    assert "File name too long" in fault
