"""The dashboard and the alerts ask for what the service measures, and Prometheus itself accepts them.

Where Prometheus is not installed (Debian: ``apt install prometheus``), what needs it is skipped.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path

import httpx2
import pytest
import yaml

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
RULES = DEPLOY / "prometheus"
METRIC = re.compile(r"\b((?:minimon|process)_[a-z_]+)")
FAMILY = re.compile(r"^# TYPE (\S+) (\S+)$", re.MULTILINE)
needs_promtool = pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")


def dashboard_expressions():
    panels = json.loads((DEPLOY / "grafana/minimon.json").read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", ())]


def alert_expressions():
    groups = yaml.safe_load((RULES / "alerts.yml").read_text())["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


@pytest.fixture
def measured(run_service):
    """Return the names of all that a service measures which has every kind of backend."""
    service = run_service(
        MINIMON_METRICS="1",
        MINIMON_METRICS_PORT="0",
        MINIMON_GENERATION_BACKEND="openai",
        MINIMON_NAME_BACKEND="remote",
        MINIMON_REDIS_URL="redis://127.0.0.1:1",  # nobody is there: it is asked for, which is what counts
        MINIMON_STOCK_SIZE="1",
        MINIMON_SHARED_STOCK_SIZE="1",
    )
    port = next(line["metrics_port"] for line in service.log() if line["event"] == "metrics are served")
    page = httpx2.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    names = set()
    for name, kind in FAMILY.findall(page):
        names |= {name + end for end in ("_bucket", "_sum", "_count")} if kind == "histogram" else {name}
    return names


def test_what_is_asked_for_is_measured(measured):
    asked = {name for one in dashboard_expressions() + alert_expressions() for name in METRIC.findall(one)}
    only_of_an_engine = {"minimon_engine_waiting", "minimon_engine_in_slots"}
    assert asked - measured <= only_of_an_engine


def test_panels_do_not_overlap():
    places = [panel["gridPos"] for panel in json.loads((DEPLOY / "grafana/minimon.json").read_text())["panels"]]
    cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


@needs_promtool
@pytest.mark.parametrize(
    "command",
    [("check", "config", "prometheus.yml"), ("check", "rules", "alerts.yml"), ("test", "rules", "alerts.test.yml")],
)
def test_prometheus_accepts_the_files(command):
    done = subprocess.run(["promtool", *command], cwd=RULES, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_prometheus_can_read_each_expression_of_the_dashboard(tmp_path):
    variables = (("$__rate_interval", "1m"), ("$instance", ".*"))
    rules = []
    for number, expression in enumerate(dashboard_expressions()):
        for name, value in variables:
            expression = expression.replace(name, value)  # noqa: PLW2901 - one after the other
        rules.append({"record": f"panel:{number}", "expr": expression})
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
