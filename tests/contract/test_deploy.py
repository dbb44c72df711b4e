"""The files to deploy with agree with the code, with each other, and with the schemas of those who read them."""

import json
import re
import shutil
import sys
import tomllib
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import pytest
import yaml
from stage import Stage

from bot.settings import Settings, load_settings

_ROOT: Final = Path(__file__).parents[2]
_FOLDER: Final = _ROOT / "docs/deploy/kubernetes"
_VERSION: Final = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]["version"]
_IMAGE: Final = f"codemie-slack-bot:{_VERSION}"
_DOCKERFILE: Final = (_ROOT / "Dockerfile").read_text()
_COMPOSE: Final[dict[str, Any]] = yaml.safe_load((_ROOT / "compose.yaml").read_text())
_UNIT: Final = (_ROOT / "docs/deploy/codemie-bot.service").read_text()
_SETTINGS: Final = {name.upper() for name in Settings.model_fields}
# What the bot does not read itself: the interpreter's, the shell's and PostgreSQL's own.
_FOREIGN: Final = {"HOME", "PATH", "POSTGRES_DB", "POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE", "POSTGRES_USER"}
_LONGEST_STOP_S: Final = 15
# Kinds that the cluster has only with the Prometheus operator, so that no schema of Kubernetes' own tells of them.
_CUSTOM: Final = {"ServiceMonitor", "Kustomization"}


def _read_manifests() -> list[dict[str, Any]]:
    return [yaml.safe_load(path.read_text()) for path in sorted(_FOLDER.rglob("*.yaml"))]


def _find_manifest(kind: str) -> dict[str, Any]:
    return next(manifest for manifest in _read_manifests() if manifest["kind"] == kind)


def _find_container() -> dict[str, Any]:
    (container,) = _find_manifest("Deployment")["spec"]["template"]["spec"]["containers"]
    return dict(container)


def _read_health_check() -> list[str]:
    found = re.search(r"HEALTHCHECK .*\n +CMD (\[.*\])", _DOCKERFILE)
    assert found is not None
    return list(json.loads(found[1]))


def _list_names() -> Iterator[str]:
    """List every variable that the files set."""
    for block in re.findall(r"^ENV ((?:.*\\\n)*.*)", _DOCKERFILE.rpartition("\nFROM ")[2], re.MULTILINE):
        yield from re.findall(r"(\w+)=\S", block)
    for service in _COMPOSE["services"].values():
        yield from service["environment"]
        yield from service["secrets"]
    yield from _find_manifest("ConfigMap")["data"]
    yield from _find_manifest("Secret")["stringData"]
    yield from (variable["name"] for variable in _find_container()["env"])
    yield from re.findall(r"[ =]([A-Z_]+)=", "\n".join(re.findall(r"^Environment=.*", _UNIT, re.MULTILINE)))


async def _run(*command: str, **env: str) -> tuple[int, str]:
    process = await create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, cwd=_ROOT, env=env or None)
    out, err = await process.communicate()
    return await process.wait(), (out + err).decode()


def _find_tool(name: str) -> str:
    return str(shutil.which(name, path=str(Path(sys.executable).parent)))


def test_every_variable_is_a_setting() -> None:
    """A name that is misspelt would be ignored without a word."""
    names = set(_list_names())

    assert {"HOST", "DATA_DIR", "SECRETS_DIR", "SLACK_BOT_TOKEN", "CODEMIE_API_URL"} <= names
    assert {name for name in names if not name.startswith("PYTHON")} <= _SETTINGS | _FOREIGN


def test_the_manifests_have_all_that_the_bot_needs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The example of the Secret goes with the ConfigMap as it stands: no setting calls for one that is in neither."""
    values = {**_find_manifest("ConfigMap")["data"], **_find_manifest("Secret")["stringData"]}
    for name in _SETTINGS:
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value.replace("…", "filled-in"))

    assert str(load_settings(env_file=tmp_path / "none.env").public_url) == f"{values['PUBLIC_URL']}/"


async def test_the_dockerfile_passes_its_linter() -> None:
    """With no rule switched off but where the file says why."""
    assert await _run(_find_tool("hadolint"), "Dockerfile") == (0, "")


async def test_the_compose_file_is_one() -> None:
    """By the schema of the compose specification."""
    code, said = await _run(_find_tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", "compose.yaml")

    assert code == 0, said


@pytest.mark.parametrize("manifest", _read_manifests(), ids=lambda manifest: str(manifest["kind"]))
def test_manifests_are_valid(manifest: dict[str, Any]) -> None:
    """By the schemas of Kubernetes, which know every field that there is; none of them names a namespace."""
    if manifest["kind"] not in _CUSTOM:
        kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)

    assert "namespace" not in manifest.get("metadata", {})


def test_kustomize_takes_all_there_is() -> None:
    """All but the example of the Secret, which nobody should apply, and what is optional."""
    listed = _find_manifest("Kustomization")["resources"]
    there = {path.name for path in _FOLDER.glob("*.yaml")} - {"kustomization.yaml", "secret.example.yaml"}

    assert sorted(listed) == listed
    assert set(listed) == there


async def test_probes_ask_for_what_is_answered(stage: Stage) -> None:
    """Each at the port on which the container listens."""
    container = _find_container()
    probes = [container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")]
    statuses = {probe["path"]: await stage.get_status(probe["path"]) for probe in probes}

    assert statuses == {"/health": 200, "/ready": 200}
    assert {probe["port"] for probe in probes} == {container["ports"][0]["name"]}


async def test_the_health_check_tells_a_bot_that_lives_from_one_that_does_not(stage: Stage) -> None:
    """The command of the image, with this interpreter."""
    _, *arguments = _read_health_check()
    port = stage.url.rpartition(":")[2]
    codes = [(await _run(sys.executable, *arguments, PORT=number))[0] for number in (port, "1")]

    assert codes == [0, 1]


def test_all_name_the_same_port_user_and_image() -> None:
    """The image's own, which are the bot's defaults."""
    pod = _find_manifest("Deployment")["spec"]["template"]["spec"]
    port = Settings.model_fields["port"].default
    exposed, user = (
        re.findall(r"^EXPOSE (\d+)", _DOCKERFILE, re.MULTILINE),
        re.findall(r"^USER (\d+):(\d+)", _DOCKERFILE, re.MULTILINE),
    )
    published = _COMPOSE["services"]["bot"]["ports"][0]

    assert exposed == [str(port)]
    assert published == f"127.0.0.1:{port}:{port}"
    assert _find_container()["ports"][0]["containerPort"] == port
    assert _find_manifest("NetworkPolicy")["spec"]["ingress"][0]["ports"][0]["port"] == port
    assert user == [(str(pod["securityContext"]["runAsUser"]), str(pod["securityContext"]["runAsGroup"]))]
    assert _find_container()["image"] == _COMPOSE["services"]["bot"]["image"] == _IMAGE


def test_the_unit_is_reloaded_by_the_signal_that_has_secrets_read() -> None:
    """So that ``systemctl reload`` is what the guide says."""
    assert re.findall(r"^ExecReload=(.*)$", _UNIT, re.MULTILINE) == ["/bin/kill -HUP $MAINPID"]


def test_nothing_is_stopped_before_the_bot_has_stopped() -> None:
    """Which takes fifteen seconds at most."""
    pod = _find_manifest("Deployment")["spec"]["template"]["spec"]
    unit = re.findall(r"^TimeoutStopSec=(\d+)$", _UNIT, re.MULTILINE)

    assert pod["terminationGracePeriodSeconds"] > _LONGEST_STOP_S
    assert int(_COMPOSE["services"]["bot"]["stop_grace_period"].removesuffix("s")) > _LONGEST_STOP_S
    assert int(unit[0]) > _LONGEST_STOP_S


def test_no_container_may_more_than_it_needs() -> None:
    """No root, no capability, nothing to write to but volumes, and a /tmp that Tailwind can load its library from."""
    pod = _find_manifest("Deployment")["spec"]["template"]["spec"]
    container = _find_container()

    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert all(service["read_only"] and service["cap_drop"] == ["ALL"] for service in _COMPOSE["services"].values())
    assert "exec" in _COMPOSE["services"]["bot"]["tmpfs"][0].partition(":")[2].split(",")
