"""The running service against its own description: schemathesis makes up requests, good and bad, and checks all it can.

Deterministic, so that a run tells the same tomorrow; what is found by luck belongs into a test of its own.
"""

import subprocess
import sys
from pathlib import Path

from tests.wire.conftest import TOKEN, assert_unharmed

EXAMPLES = 10
COMMAND = (
    Path(sys.executable).with_name("schemathesis"),
    "run",
    "--checks=all",
    "--mode=all",
    "--phases=examples,coverage,fuzzing",
    "--continue-on-failure",
    "--generation-deterministic",
    f"--max-examples={EXAMPLES}",
    "--suppress-health-check=all",
    "--no-color",
    "--exclude-path=/v1/keys/{kid}.pem",  # nothing made up is a key's name: tests/web/test_ledger.py asks for real ones
)


def run_schemathesis(service, *options: str) -> subprocess.Popen[str]:
    command = [*COMMAND, *options, f"{service.base_url}/openapi.json"]
    return subprocess.Popen(
        command, cwd=service.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    )


def test_the_service_does_what_its_description_says_with_a_token_and_without(launch):
    free, guarded = launch(MINIMON_TLS="0"), launch(MINIMON_TLS="0", MINIMON_BEARER_TOKEN=TOKEN)
    runs = [run_schemathesis(free), run_schemathesis(guarded, "--header", f"Authorization: Bearer {TOKEN}")]
    for shown, run in [(run.communicate(timeout=120)[0], run) for run in runs]:
        assert run.returncode == 0, shown
        assert "Tested: 16" in shown and "No issues found" in shown
    for service in (free, guarded):
        assert_unharmed(service)
        statuses = [record["status"] for record in service.log() if record["event"] == "request"]
        assert len(statuses) > 80 and {200, 400, 405, 415} <= set(statuses)
