"""``minimon names``, run as a person runs it."""

import os
import subprocess
import sys

from minimon.names.rules import valid_name


def run(*options, **variables):
    command = (sys.executable, "-m", "minimon", "names", *options)
    return subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, timeout=30, check=False)


def names_of(done):
    lines = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    return [line.split("\t")[0] for line in lines]


def test_twenty_local_names_without_a_word_more():
    done = run(MINIMON_NAME_LANGUAGE="ja")
    names = names_of(done)
    assert (done.returncode, done.stderr, len(names)) == (0, "", 20)
    assert all(map(valid_name, names)) and not any(name.isascii() for name in names)


def test_names_of_the_server(server):
    done = run("--count", "10", "--remote", OPENAI_BASE_URL=server.base_url)
    assert (done.returncode, len(names_of(done)), len(server.asked)) == (0, 10, 2)


def test_explained_answers_are_shown_as_they_came_yet_harmless(server, wire):
    server.behaviour = wire.say('Sure! {"name": "Ondine"} \x1b[2J')
    done = run("--count", "1", "--remote", "--explain", OPENAI_BASE_URL=server.base_url)
    assert 'Sure! {"name": "Ondine"} \\x1b[2J' in done.stdout and "\x1b" not in done.stdout
    assert "parser: named, 1 names" in done.stdout
    assert names_of(done) == ["Ondine"]


def test_a_server_that_talks_is_given_up(server, wire):
    server.behaviour = wire.say("I would rather talk about the weather today.")
    done = run("--remote", OPENAI_BASE_URL=server.base_url)
    assert (done.returncode, len(server.asked)) == (1, 5)
    assert "answers in a row without a name" in done.stderr


def test_a_fault_is_one_line(server, wire):
    server.behaviour = wire.answer("404 Not Found", b"404 page not found")
    done = run("--remote", OPENAI_BASE_URL=server.base_url.removesuffix("/v1"))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "did you mean OPENAI_BASE_URL=" in done.stderr
