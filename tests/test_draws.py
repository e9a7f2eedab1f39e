"""What was drawn is not lost."""

from random import Random

import pytest

from minimon.draws import MOST_TRIES, Draws, open_draws
from minimon.errors import StartError


def test_a_draw_that_comes_back_is_the_next_one_given():
    draws = Draws(Random(1))
    first, second = draws.next(), draws.next()
    draws.put_back(second)
    draws.put_back(first)
    assert [draws.next(), draws.next()] == [second, first]
    assert draws.next() not in {first, second}


def test_a_draw_whose_picture_failed_is_tried_again_but_not_for_ever():
    draws = Draws(Random(1))
    poison = draws.next()
    for _ in range(MOST_TRIES - 1):
        draws.failed(poison)
        assert draws.next() is poison
    draws.failed(poison)
    assert draws.next() is not poison


def test_a_refusal_counts_as_no_try():
    draws = Draws(Random(1))
    refused = draws.next()
    for _ in range(2 * MOST_TRIES):
        draws.put_back(refused)
        assert draws.next() is refused


def left(path):
    with open_draws(path, Random(9)) as draws:
        return [draw.seed for draw in draws._back]


def test_what_was_not_handed_out_is_given_again_after_a_restart(tmp_path):
    path = tmp_path / "data/draws"
    with open_draws(path, Random(1)) as draws:
        drawn = [draws.next() for _ in range(5)]
        for draw in drawn[1:3]:
            draws.handed_out(draw)
        drawn += [draws.next(), draws.next()]
    assert sorted(left(path)) == sorted(draw.seed for draw in (drawn[0], *drawn[3:]))
    assert path.stat().st_size == 5 * 8
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_handed_out_after_a_restart_is_gone(tmp_path):
    path = tmp_path / "draws"
    with open_draws(path, Random(1)) as draws:
        first, second = draws.next(), draws.next()
    with open_draws(path, Random(2)) as draws:
        again = draws.next()
        draws.handed_out(again)
    assert {again.seed, *left(path)} == {first.seed, second.seed}


def test_a_draw_that_is_given_up_is_not_tried_again_by_the_next_process(tmp_path):
    path = tmp_path / "draws"
    with open_draws(path, Random(1)) as draws:
        poison = draws.next()
        for _ in range(MOST_TRIES):
            draws.failed(poison)
    assert left(path) == []


@pytest.mark.parametrize("content", [b"a file of something else", b"\xff" * 8])
def test_a_file_of_something_else_stops_the_start_and_is_left_alone(tmp_path, content):
    path = tmp_path / "draws"
    path.write_bytes(content)
    with pytest.raises(StartError, match="no file of draws"), open_draws(path, Random(1)):
        pass
    assert path.read_bytes() == content


def test_two_processes_do_not_share_a_file(tmp_path):
    path = tmp_path / "draws"
    with open_draws(path, Random(1)), pytest.raises(StartError, match="another process"), open_draws(path, Random(1)):
        pass


def test_a_file_that_cannot_be_made_stops_the_start(tmp_path):
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(StartError, match="MINIMON_DRAWS_PATH"), open_draws(tmp_path / "data/draws", Random(1)):
        pass
