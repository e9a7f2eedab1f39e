"""Our own rules for the image and its compose file: linters pass images that run as root and carry private keys."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest
import yaml

from minimon.server import DRAIN_SECONDS
from minimon.settings import Settings

ROOT = Path(__file__).parent.parent
TOOLS = Path(sys.executable).parent
KEPT = ["/app/certs", "/app/data"]
SECRETS = [
    ".env",
    ".env.local",
    ".git/config",
    "certs/app_signing_key.pem",
    "certs/cert.pem",
    "certs/key.pem",
    "data/certified_scores.jsonl",
    "data/certified_scores.jsonl.torn-1",
    "key.pem",
    "minimon/.env",
    "minimon/image_key.pem",
    "requirements/.env",
    "src/minimon/.env",
    "src/minimon/certs/key.pem",
    "src/minimon/server.key",
    "src/minimon/web/page/key.pem",
]


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions with their arguments, in order."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def last_stage() -> dict[str, list[str]]:
    """Return the arguments of each kind of instruction in the stage that becomes the image."""
    everything = instructions()
    start = max(place for place, (word, _) in enumerate(everything) if word == "FROM")
    stage: dict[str, list[str]] = {}
    for word, rest in everything[start:]:
        stage.setdefault(word, []).append(rest)
    return stage


def ignore_rules() -> list[tuple[re.Pattern[str], bool]]:
    """Read .dockerignore: for each line its pattern, and whether what matches is left out."""
    lines = [line.strip() for line in (ROOT / ".dockerignore").read_text().splitlines()]
    return [
        (re.compile(_as_regex(line.removeprefix("!"))), not line.startswith("!"))
        for line in lines
        if line and not line.startswith("#")
    ]


def _as_regex(pattern: str) -> str:
    assert not re.search(r"[\[\]\\?]", pattern), f"this test does not know what {pattern} means"
    parts = re.split(r"(\*\*/|\*)", pattern.strip("/"))
    return "".join({"**/": "(?:.*/)?", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts)


def enters_the_build(path: str) -> bool:
    """Say what the builder would: the last rule wins that matches the path or a folder on its way."""
    steps = [path, *map(str, PurePosixPath(path).parents)]
    left_out = False
    for pattern, leaves_out in ignore_rules():
        if any(pattern.fullmatch(step) for step in steps):
            left_out = leaves_out
    return not left_out


def tracked(*folders: str) -> list[str]:
    """Return the files of some folders that are neither made nor hidden."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    return [path.relative_to(ROOT).as_posix() for path in found if "__pycache__" not in path.parts]


@pytest.mark.parametrize("path", SECRETS)
def test_no_secret_enters_the_build(path):
    assert not enters_the_build(path)


def test_nothing_enters_the_build_but_what_the_image_needs():
    entering = [path for path in map(str, tracked_by_git()) if enters_the_build(path)]
    allowed = re.compile(
        r"LICENSE|README\.md|pyproject\.toml|requirements/(build|replica|runtime)\.txt|minimon/image_\d\d\.png|src/minimon/.+"
    )
    assert [path for path in entering if not allowed.fullmatch(path)] == []


def test_all_that_the_image_needs_enters_the_build():
    needed = [*tracked("src/minimon"), *(f"minimon/image_{index:02d}.png" for index in range(6))]
    assert [path for path in needed if not enters_the_build(path)] == []
    for source in copied():
        inside = [source] if (ROOT / source).is_file() else tracked(source)
        assert any(map(enters_the_build, inside)), f"COPY {source} would find nothing"


def tracked_by_git() -> list[str]:
    """Return what a clone holds; where there is no git, every file."""
    done = subprocess.run(["git", "ls-files"], check=False, cwd=ROOT, capture_output=True, text=True)
    return done.stdout.splitlines() if done.returncode == 0 else tracked(".")


def copied() -> list[str]:
    """Return what the Dockerfile copies from the build context."""
    copies = [shlex.split(rest) for word, rest in instructions() if word == "COPY"]
    return [source for words in copies if not words[0].startswith("--from=") for source in words[:-1]]


def test_only_named_paths_are_copied():
    assert not [rest for word, rest in instructions() if word == "ADD"]
    folders = {"requirements/", "src/", "minimon/"}
    assert set(copied()) == folders | {"pyproject.toml", "README.md", "LICENSE"}


def test_the_image_runs_as_a_numeric_user_without_rights():
    users = last_stage()["USER"]
    assert users == ["10001:10001"]


def test_the_image_starts_its_program_without_a_shell():
    stage = last_stage()
    assert json.loads(stage["ENTRYPOINT"][0]) == ["minimon"]
    assert json.loads(stage["CMD"][0]) == ["serve"]
    assert stage["STOPSIGNAL"] == ["SIGTERM"]


def test_the_image_has_a_health_check_without_a_shell():
    _, _, command = last_stage()["HEALTHCHECK"][0].partition("CMD ")
    assert json.loads(command) == ["minimon", "health"]


def test_the_image_installs_locked_wheels():
    installs = [
        command
        for word, rest in instructions()
        if word == "RUN"
        for command in rest.split("&&")
        if re.search(r"pip\b.* install ", command)
    ]
    assert installs
    for command in installs:
        assert "--require-hashes" in command or "--no-deps --no-index" in command


def test_the_base_can_be_chosen():
    everything = instructions()
    assert everything[0] == ("ARG", "BASE=python:3.13-slim")
    assert {rest.split()[0] for word, rest in everything if word == "FROM"} == {"${BASE}"}


def test_what_the_service_writes_by_default_lies_in_the_volumes():
    stage = last_stage()
    assert stage["WORKDIR"] == ["/app"]
    assert json.loads(stage["VOLUME"][0]) == KEPT
    assert any("chown 10001:10001 certs data" in command for command in stage["RUN"])
    settings = Settings.model_fields
    written = ["tls_cert_path", "tls_key_path", "signing_key_path", "signing_cert_path", "score_ledger_path"]
    folders = {str(PurePosixPath("/app", settings[field].default).parent) for field in written}
    assert folders == set(KEPT)


def test_the_image_names_the_default_port():
    assert last_stage()["EXPOSE"] == [str(Settings.model_fields["port"].default)]


@pytest.fixture(scope="module")
def composed():
    return yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["minimon"]


def test_the_composed_service_can_write_to_its_volumes_and_nowhere_else(composed):
    assert composed["read_only"] is True
    assert composed["tmpfs"] == ["/tmp"]
    assert [volume.partition(":")[2] for volume in composed["volumes"]] == KEPT


def test_the_composed_service_has_no_rights(composed):
    assert composed["cap_drop"] == ["ALL"]
    assert composed["security_opt"] == ["no-new-privileges:true"]
    assert composed["init"] is True
    assert not {"privileged", "cap_add", "user", "network_mode", "pid"} & composed.keys()


def test_the_composed_service_is_given_time_to_finish(composed):
    assert int(composed["stop_grace_period"].removesuffix("s")) > DRAIN_SECONDS


def test_the_composed_service_is_checked_as_the_image_is(composed):
    options, _, command = last_stage()["HEALTHCHECK"][0].partition(" CMD ")
    named = dict(option.removeprefix("--").split("=") for option in options.split())
    own = {key.replace("_", "-"): str(value) for key, value in composed["healthcheck"].items() if key != "test"}
    assert composed["healthcheck"]["test"] == ["CMD", *json.loads(command)]
    assert own == named


def test_the_composed_service_listens_on_the_default_port(composed):
    port = str(Settings.model_fields["port"].default)
    assert composed["ports"] == [f"${{MINIMON_PORT:-{port}}}:{port}"]
    assert composed["environment"] == {"MINIMON_PORT": port}


@pytest.mark.parametrize(
    "command",
    [
        ["hadolint", "Dockerfile"],
        ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"],
        ["pre-commit", "validate-config"],
    ],
    ids=lambda command: command[0],
)
def test_the_linters_have_nothing_to_say(command):
    done = subprocess.run(
        [TOOLS / command[0], *command[1:]], check=False, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
