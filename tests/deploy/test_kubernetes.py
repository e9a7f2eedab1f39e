"""The manifests: valid by Kubernetes' own schemas, whole, and with nothing in them that the service does not know.

``kubectl`` applies the overlays where it is installed; without it, what they name is looked up by hand.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from minimon.protocol import REQUEST_SECONDS
from minimon.server import DRAIN_SECONDS
from minimon.settings import VARIABLES

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "deploy/kubernetes"
TOOLS = Path(sys.executable).parent
KUSTOMIZATIONS = sorted(FOLDER.glob("*/kustomization.yaml"))
MANIFESTS = sorted(path for path in FOLDER.glob("*/*.yaml") if path.name != "kustomization.yaml")
PLAIN = [path for path in MANIFESTS if path.name != "rayservice.yaml" and path != FOLDER / "gpu/deployment.yaml"]
"""Those of kinds that Kubernetes itself knows, and no patches."""
FOREIGN = {"HF_HOME", "RAY_USAGE_STATS_ENABLED", "MINIMON_SECRETS_DIR"}
KUBECTL = shutil.which("kubectl") or shutil.which("kubectl", path=TOOLS)


def documents(*paths):
    return [one for path in paths for one in yaml.safe_load_all(path.read_text())]


def pods():
    """Return every pod that a manifest describes, by the name of what makes it."""
    for one in documents(*MANIFESTS):
        if one["kind"] == "Deployment" and "selector" in one["spec"]:
            yield one["metadata"]["name"], one["spec"]["template"]
        if one["kind"] == "RayService":
            cluster = one["spec"]["rayClusterConfig"]
            for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
                yield group.get("groupName", "head"), group["template"]


def validated(path):
    command = (TOOLS / "kubernetes-validate", "--strict", "--quiet", path)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("path", PLAIN, ids=lambda path: "/".join(path.parts[-2:]))
def test_a_manifest_is_what_kubernetes_takes(path):
    assert not validated(path)


def test_pods_within_a_ray_service_are_what_kubernetes_takes(tmp_path):
    for name, template in pods():
        path = tmp_path / f"{name}.yaml"
        metadata = {"name": name, **template["metadata"]}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
        path.write_text(yaml.safe_dump(pod))
        assert not validated(path)


@pytest.mark.parametrize("path", KUSTOMIZATIONS, ids=lambda path: path.parent.name)
def test_a_kustomization_names_all_of_its_files_and_no_other(path):
    named = yaml.safe_load(path.read_text())
    files = [*named["resources"], *(patch["path"] for patch in named.get("patches", ()))]
    assert all((path.parent / one).exists() for one in files)
    assert {one for one in files if not one.startswith("..")} == {
        one.name for one in path.parent.glob("*.yaml") if one.name != "kustomization.yaml"
    }


@pytest.mark.skipif(not KUBECTL, reason="kubectl is not installed")
@pytest.mark.parametrize("path", KUSTOMIZATIONS, ids=lambda path: path.parent.name)
def test_kustomize_makes_what_kubernetes_takes(path, tmp_path):
    done = subprocess.run((KUBECTL, "kustomize", path.parent), capture_output=True, text=True, check=True)
    made = [one for one in yaml.safe_load_all(done.stdout) if one["kind"] != "RayService"]
    (tmp_path / "made.yaml").write_text(yaml.safe_dump_all(made))
    assert not validated(tmp_path / "made.yaml")
    (deployment,) = (one for one in made if one["kind"] == "Deployment")
    settings = deployment["spec"]["template"]["spec"]["containers"][0]["envFrom"][0]["configMapRef"]["name"]
    assert settings in {one["metadata"]["name"] for one in made if one["kind"] == "ConfigMap"}


@pytest.mark.parametrize("path", KUSTOMIZATIONS, ids=lambda path: path.parent.name)
def test_every_variable_that_is_set_is_one(path):
    known = {variable.name for variable in VARIABLES} | FOREIGN
    literals = [one for made in yaml.safe_load(path.read_text())["configMapGenerator"] for one in made["literals"]]
    assert {one.partition("=")[0] for one in literals} <= known


@pytest.mark.parametrize(("name", "template"), list(pods()), ids=lambda one: one if isinstance(one, str) else "")
def test_a_pod_has_no_rights(name, template):
    spec = template["spec"]
    assert (spec["securityContext"]["runAsNonRoot"], spec["securityContext"]["runAsUser"]) == (True, 10001)
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["enableServiceLinks"] is False
    for container in spec["containers"]:
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_the_service_may_write_to_nothing_but_what_is_mounted_for_it():
    spec = dict(pods())["minimon"]["spec"]
    assert spec["automountServiceAccountToken"] is False
    (container,) = spec["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    writable = {one["mountPath"] for one in container["volumeMounts"] if not one.get("readOnly")}
    assert writable == {"/app/data", "/tmp"}
    assert not [one for one in container.get("env", ()) if "value" in one]


def test_a_pod_is_given_time_to_finish():
    spec = dict(pods())["minimon"]["spec"]
    before = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert spec["terminationGracePeriodSeconds"] > before + DRAIN_SECONDS + REQUEST_SECONDS


def test_what_the_hpa_asks_for_the_adapter_makes_of_what_is_measured():
    (hpa,) = documents(FOLDER / "base/hpa.yaml")
    asked = {one["pods"]["metric"]["name"] for one in hpa["spec"]["metrics"] if one["type"] == "Pods"}
    (values,) = documents(FOLDER / "prometheus-adapter.yaml")
    assert asked == {rule["name"]["as"] for rule in values["rules"]["custom"]} == {"minimon_engine_waiting"}
