"""What docs/running/ holds is what the image, the bot and the systems that read it say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from bot.domain.jobs.job import State
from bot.domain.proof.verdict import Verdict
from bot.metrics import Metrics
from bot.serving import SHUTDOWN_SECONDS, USAGE
from bot.settings import load
from providers import errors
from tests.real import find
from tests.terminal import purgebot
from tests.test_docs import variables_read

ROOT = Path(__file__).parent.parent
RUNNING = ROOT / "docs/running"
PAGE = (ROOT / "docs/running.md").read_text(encoding="utf-8")
UNIT = (RUNNING / "purgebot.service").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
VERSION: str = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
METADATA_SERVICE = "169.254.0.0/16"


def documents(name: str) -> list[object]:
    return list(YAML(typ="safe", pure=True).load_all((RUNNING / name).read_text(encoding="utf-8")))


def at(doc: object, *path: str | int) -> object:
    """What stands at this path of a document."""
    for step in path:
        if isinstance(step, int):
            assert isinstance(doc, list), step
            doc = doc[step]
        else:
            assert isinstance(doc, dict), step
            doc = doc[step]
    return doc


def each(doc: object, *path: str | int) -> list[object]:
    found = at(doc, *path)
    assert isinstance(found, list)
    return found


def keys(doc: object, *path: str | int) -> list[str]:
    found = at(doc, *path)
    assert isinstance(found, dict)
    return list(found)


def word(doc: object, *path: str | int) -> str:
    return str(at(doc, *path))


# What the image promises.
USER = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)[-1]
PORTS = sorted(re.findall(r"^EXPOSE (.*)$", DOCKERFILE, re.MULTILINE)[0].split())
[VOLUME] = json.loads(re.findall(r"^VOLUME (.*)$", DOCKERFILE, re.MULTILINE)[0])
CONFIG = re.findall(r"PURGEBOT_CONFIG=(\S+)", DOCKERFILE)[0]

COMPOSE = documents("compose.yaml")[0]
SERVICE = at(COMPOSE, "services", "purgebot")
KUBERNETES = {word(doc, "kind"): doc for doc in documents("kubernetes.yaml")}
DEPLOYMENT = KUBERNETES["Deployment"]
POD = at(DEPLOYMENT, "spec", "template", "spec")
CONTAINER = at(POD, "containers", 0)
RESTORE = at(documents("kubernetes-restore.yaml")[0], "spec")
EGRESS = each(KUBERNETES["NetworkPolicy"], "spec", "egress")


def unit_values(name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", UNIT, re.MULTILINE)


# Compose.


def test_compose_runs_the_image_as_it_is_meant() -> None:
    said = {name: at(SERVICE, name) for name in ("image", "user", "read_only", "cap_drop", "security_opt")}
    assert {
        "image": f"purgebot:{VERSION}",
        "user": USER,
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
    } == said


def test_compose_publishes_every_port_of_the_image_on_loopback_alone() -> None:
    assert [f"127.0.0.1:{port}:{port}" for port in PORTS] == sorted(map(str, each(SERVICE, "ports")))


def test_compose_keeps_the_volume_of_the_image_and_mounts_its_configuration() -> None:
    assert [f"data:{VOLUME}", f"./config:{PurePosixPath(CONFIG).parent}:ro", "./secrets:/run/secrets:ro"] == at(
        SERVICE, "volumes"
    )
    assert ["data"] == keys(COMPOSE, "volumes")


def test_compose_mounts_folders_alone_so_that_a_file_can_be_put_in_the_place_of_another() -> None:
    mounted = [str(one).split(":")[0] for one in each(SERVICE, "volumes")]
    assert [] == [one for one in mounted if PurePosixPath(one).suffix]
    assert [] == [part for part in ("secrets", "configs") if part in keys(SERVICE) + keys(COMPOSE)]


def test_compose_has_a_folder_for_every_secret_that_is_named() -> None:
    named = [word(SERVICE, "environment", name) for name in keys(SERVICE, "environment") if name.endswith("_FILE")]
    assert {"/run/secrets"} == {str(PurePosixPath(one).parent) for one in named}


def test_a_block_of_the_page_sets_each_variable_of_its_own_that_it_uses() -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    used = {(name, block) for block in blocks for name in re.findall(r"\$\{?([A-Z]+)", block)}
    assert {"REPOSITORY"} == {name for name, block in used if f"{name}=" not in block}  # whose address is yours


def test_compose_waits_until_calls_are_finished() -> None:
    assert "30s" == at(SERVICE, "stop_grace_period")
    assert SHUTDOWN_SECONDS < 30


# Kubernetes.


def test_kubernetes_has_these_parts_in_one_namespace() -> None:
    parts = ["Namespace", "ConfigMap", "PersistentVolumeClaim", "Deployment", "Service", "NetworkPolicy"]
    assert parts == list(KUBERNETES)
    assert {"purgebot"} == {word(KUBERNETES[kind], "metadata", "namespace") for kind in parts[1:]}


def test_there_is_one_pod_at_a_time() -> None:
    assert (1, "Recreate") == (at(DEPLOYMENT, "spec", "replicas"), at(DEPLOYMENT, "spec", "strategy", "type"))


@pytest.mark.parametrize("pod", [POD, RESTORE], ids=["the bot", "the restore"])
def test_a_pod_may_do_nothing_beyond_its_work(pod: object) -> None:
    user, group = map(int, USER.split(":"))
    assert {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": group,
        "fsGroup": group,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    } == at(pod, "securityContext")
    assert {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    } == at(pod, "containers", 0, "securityContext")
    assert (False, False) == (at(pod, "automountServiceAccountToken"), at(pod, "enableServiceLinks"))
    assert f"purgebot:{VERSION}" == at(pod, "containers", 0, "image")
    assert VOLUME in {word(mount, "mountPath") for mount in each(pod, "containers", 0, "volumeMounts")}


def test_the_pod_has_the_ports_of_the_image_and_the_service_leads_there() -> None:
    named = {word(port, "name"): word(port, "containerPort") for port in each(CONTAINER, "ports")}
    targets = {word(port, "targetPort") for port in each(KUBERNETES["Service"], "spec", "ports")}
    probed = {word(CONTAINER, f"{probe}Probe", "httpGet", "port") for probe in ("startup", "liveness", "readiness")}
    assert (PORTS, set(named), {"http"}) == (sorted(named.values()), targets, probed)


def test_a_pod_lives_by_its_loop_and_is_ready_by_its_ledger() -> None:
    paths = {probe: at(CONTAINER, f"{probe}Probe", "httpGet", "path") for probe in ("startup", "liveness", "readiness")}
    assert {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"} == paths


def test_labels_lead_from_service_and_policy_to_the_pod() -> None:
    labels = at(DEPLOYMENT, "spec", "template", "metadata", "labels")
    assert labels == at(DEPLOYMENT, "spec", "selector", "matchLabels")
    assert labels == at(KUBERNETES["Service"], "spec", "selector")
    assert labels == at(KUBERNETES["NetworkPolicy"], "spec", "podSelector", "matchLabels")


def test_secrets_are_files_that_only_the_bots_group_reads() -> None:
    [secret] = [volume for volume in each(POD, "volumes") if word(volume, "name") == "secrets"]
    [mount] = [mount for mount in each(CONTAINER, "volumeMounts") if word(mount, "name") == "secrets"]
    paths = [PurePosixPath(path) for path in named_secrets()]
    assert ({"secretName": "purgebot", "defaultMode": 0o440}, True) == (at(secret, "secret"), at(mount, "readOnly"))
    assert {PurePosixPath(word(mount, "mountPath"))} == {path.parent for path in paths}
    assert ["cloudflare", "slack_app", "slack_bot"] == sorted(path.name for path in paths)


def named_secrets() -> Iterator[str]:
    """The files that the Deployment and the configuration name."""
    yield from (word(one, "value") for one in each(CONTAINER, "env") if word(one, "name").endswith("_FILE"))
    yield from re.findall(r"\{file: (\S+?)\}", word(KUBERNETES["ConfigMap"], "data", "purgebot.yaml"))


def test_the_configuration_lies_where_the_image_looks_and_can_be_loaded(tmp_path: Path) -> None:
    [mount] = [mount for mount in each(CONTAINER, "volumeMounts") if word(mount, "name") == "config"]
    [name] = keys(KUBERNETES["ConfigMap"], "data")
    (tmp_path / name).write_text(word(KUBERNETES["ConfigMap"], "data", name), encoding="utf-8")
    assert CONFIG == f"{word(mount, 'mountPath')}/{name}"
    assert ["shop"] == list(load(tmp_path / name, {}).sites)


def test_the_network_policy_lets_out_to_names_the_public_and_the_inner_cache() -> None:
    inner = re.findall(r"svc\.cluster\.local:(\d+)", word(KUBERNETES["ConfigMap"], "data", "purgebot.yaml"))
    out = [sorted(f"{word(one, 'protocol')} {word(one, 'port')}" for one in each(rule, "ports")) for rule in EGRESS]
    assert [["TCP 53", "UDP 53"], ["TCP 443", "TCP 80"], [f"TCP {port}" for port in inner]] == out


def test_the_network_policy_lets_nobody_out_to_a_metadata_service() -> None:
    [public] = [rule for rule in EGRESS if "ipBlock" in keys(rule, "to", 0)]
    assert METADATA_SERVICE in each(public, "to", 0, "ipBlock", "except")


def test_from_the_internet_only_slacks_events_come_in() -> None:
    [ingress] = documents("kubernetes-http.yaml")
    [path] = each(ingress, "spec", "rules", 0, "http", "paths")
    assert ("/slack/events", "Exact") == (at(path, "path"), at(path, "pathType"))


# systemd.


@pytest.mark.real("systemd")
def test_systemd_finds_the_unit_safe(tmp_path: Path) -> None:
    command = [find("systemd-analyze"), "security", "--offline=true", "--threshold=20", "--no-pager"]
    told = subprocess.run([*command, RUNNING / "purgebot.service"], capture_output=True, text=True, check=False)
    assert 0 == told.returncode, told.stdout + told.stderr
    [level] = re.findall(r"Overall exposure level for purgebot.service: ([0-9.]+)", told.stdout)
    assert f"gives it {level} of 10" in PAGE


@pytest.mark.real("systemd")
def test_systemd_understands_every_line_of_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "purgebot.service"
    unit.write_text(UNIT.replace("/opt/purgebot/bin/purgebot", "/bin/true"), encoding="utf-8")
    command = [find("systemd-analyze"), "verify", "--man=no", str(unit)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (0, "") == (told.returncode, "\n".join(line for line in told.stderr.splitlines() if str(unit) in line))


def test_the_unit_hands_over_every_secret_that_it_names() -> None:
    given = {f"/run/credentials/purgebot.service/{line.partition(':')[0]}" for line in unit_values("LoadCredential")}
    named = {line.partition("=")[2] for line in unit_values("Environment") if "_FILE=" in line}
    assert set() == named - given
    assert "/run/credentials/purgebot.service/cloudflare" in given


def test_the_unit_does_not_try_again_what_another_try_does_not_mend() -> None:
    assert [str(USAGE)] == unit_values("RestartPreventExitStatus")


def run_once(folder: Path, *words: str, **environ: str) -> list[str]:
    """What docs/running/purgebot-once asks of a systemd that tells the unit and repeats what it is told to run."""
    stubs = {"systemctl": f"cat '{RUNNING / 'purgebot.service'}'", "systemd-run": "printf '%s\\n' \"$@\""}
    for name, line in stubs.items():
        (folder / name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    command = [str(RUNNING / "purgebot-once"), *words]
    env = {"PATH": f"{folder}:{os.environ['PATH']}", **environ}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize(
    "name", ["User", "DynamicUser", "StateDirectory", "Environment", "EnvironmentFile", "LoadCredential"]
)
def test_a_command_at_the_prompt_has_what_the_unit_gives(tmp_path: Path, name: str) -> None:
    told = run_once(tmp_path, "doctor")
    assert unit_values(name) == [line.partition("=")[2] for line in told if line.startswith(f"{name}=")]


def test_a_command_at_the_prompt_finds_the_secrets_where_the_configuration_names_them(tmp_path: Path) -> None:
    told = run_once(tmp_path, "doctor")
    [once] = [line.removeprefix("--unit=") for line in told if line.startswith("--unit=")]
    assert f"BindReadOnlyPaths=/run/credentials/{once}:/run/credentials/purgebot.service" in told


def test_a_command_at_the_prompt_may_name_another_ledger(tmp_path: Path) -> None:
    trial = "sqlite:///a trial.db"
    told = run_once(tmp_path, "restore", "a backup.db", PURGEBOT_DATABASE=trial)
    ran = ["/usr/bin/env", f"PURGEBOT_DATABASE={trial}", "/opt/purgebot/bin/purgebot", "restore", "a backup.db"]
    assert ran == told[-len(ran) :]


def test_a_credential_of_systemd_is_a_file_in_the_configuration(tmp_path: Path) -> None:
    text = word(KUBERNETES["ConfigMap"], "data", "purgebot.yaml").replace("/run/secrets/purgebot", str(tmp_path))
    (tmp_path / "purgebot.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "cloudflare").write_text("a-token\n", encoding="utf-8")
    settings = load(tmp_path / "purgebot.yaml", {})
    assert "a-token" == settings.accounts["cf"].secrets["token"].reveal()


# All of them.


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(keys(SERVICE, "environment"), id="compose"),
        pytest.param([word(one, "name") for one in each(CONTAINER, "env")], id="kubernetes"),
        pytest.param([line.partition("=")[0] for line in unit_values("Environment")], id="systemd"),
    ],
)
def test_every_variable_is_one_that_purgebot_reads(names: list[str]) -> None:
    assert set() == {*names} - variables_read() - {"HOME", "PYTHONDONTWRITEBYTECODE"}
    assert {"SLACK_BOT_TOKEN_FILE", "SLACK_APP_TOKEN_FILE", "LOG_FORMAT"} <= {*names}


COMMANDS = sorted(
    set(re.findall(r"^[^#\n]*?\bpurgebot (config \w+|log \w+|doctor|backup|restore)\b", PAGE, re.MULTILINE))
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_page_is_there(command: str) -> None:
    told = purgebot([*command.split(), "--help"]).output
    assert f"purgebot {command} " in " ".join(told.split())


# Alerts.

RULES = each(documents("alerts.yaml")[0], "groups", 0, "rules")


async def measured() -> dict[str, set[str]]:
    """Every name on /metrics after one of each deed, with its labels."""
    metrics = Metrics({"cf": "cloudflare"})
    metrics.called("cf", "ok", 1.0)
    metrics.retried("cf")
    metrics.ended("shop", "url", "slack", "fresh", 2.0)
    metrics.lagged(0.1)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(metrics.app()), base_url="http://metrics") as http:
        page = (await http.get("/")).text
    return {
        sample.name: {*sample.labels} for family in text_string_to_metric_families(page) for sample in family.samples
    }


@pytest.mark.parametrize("rule", RULES, ids=[word(rule, "alert") for rule in RULES])
async def test_an_alert_looks_at_what_is_measured(rule: object) -> None:
    there, expr = await measured() | {"up": {"job"}}, word(rule, "expr")
    used = re.findall(r"\b(up|purgebot_\w+)\b(?:\{(\w+))?", expr.replace('"purgebot"', ""))
    assert used
    assert [] == [(name, label) for name, label in used if name not in there or (label and label not in there[name])]


def test_alerts_know_every_end_and_every_error() -> None:
    ends = {str(verdict) for verdict in Verdict} | {str(state) for state in State}
    troubles = {name for name, one in vars(errors).items() if isinstance(one, type)} | {"ok"}
    text = "".join(word(rule, "expr") for rule in RULES)
    named = {one for words in re.findall(r'outcome=~"([^"]+)"', text) for one in words.split("|")}
    left_out = {one for words in re.findall(r'result!~"([^"]+)"', text) for one in words.split("|")}
    assert (set(), set()) == (named - ends, left_out - troubles)
    assert {"stale", "Throttled"} <= named | left_out


def test_the_page_explains_every_alert() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE.partition("\n## Watching it\n")[2], re.MULTILINE)
    assert [word(rule, "alert") for rule in RULES] == rows


PROM = """\
rule_files: [alerts.yaml]
evaluation_interval: 1m
tests:
  - name: nobody answers
    interval: 1m
    input_series: [{series: 'up{job="purgebot"}', values: '1x10 0x20'}]
    promql_expr_test: [{expr: 'ALERTS{alertname="PurgebotDown",alertstate="firing"}', eval_time: 14m, exp_samples: []}]
    alert_rule_test: [{eval_time: 17m, alertname: PurgebotDown, exp_alerts: [{exp_labels: {severity: page}}]}]
  - name: the first stale purge that is ever counted, and no longer than half an hour
    interval: 1m
    input_series:
      - {series: 'purgebot_jobs_total{site="shop",kind="url",source="slack",outcome="stale"}', values: '_x10 1x60'}
      - {series: 'purgebot_jobs_total{site="shop",kind="url",source="slack",outcome="fresh"}', values: '1+1x70'}
    alert_rule_test:
      - {eval_time: 9m, alertname: PurgeNotFresh, exp_alerts: []}
      - {eval_time: 12m, alertname: PurgeNotFresh, exp_alerts: [{exp_labels: {severity: ticket, site: shop}}]}
      - {eval_time: 50m, alertname: PurgeNotFresh, exp_alerts: []}
  - name: one more stale purge, after a restart too
    interval: 1m
    input_series:
      - {series: 'purgebot_jobs_total{site="shop",kind="url",source="slack",outcome="stale"}', values: '3x60 4x60 1x60'}
    alert_rule_test:
      - {eval_time: 59m, alertname: PurgeNotFresh, exp_alerts: []}
      - {eval_time: 62m, alertname: PurgeNotFresh, exp_alerts: [{exp_labels: {severity: ticket, site: shop}}]}
      - {eval_time: 110m, alertname: PurgeNotFresh, exp_alerts: []}
      - {eval_time: 124m, alertname: PurgeNotFresh, exp_alerts: [{exp_labels: {severity: ticket, site: shop}}]}
  - name: a token that is no good; being throttled is no trouble
    interval: 1m
    input_series:
      - {series: 'purgebot_provider_requests_total{account="cf",result="ok"}', values: '0+1x60'}
      - {series: 'purgebot_provider_requests_total{account="cf",result="BadCredentials"}', values: '0+2x60'}
      - {series: 'purgebot_provider_requests_total{account="fs",result="ok"}', values: '0+1x60'}
      - {series: 'purgebot_provider_requests_total{account="fs",result="Throttled"}', values: '0+9x60'}
    alert_rule_test:
      - {eval_time: 5m, alertname: ProviderInTrouble, exp_alerts: []}
      - {eval_time: 30m, alertname: ProviderInTrouble, exp_alerts: [{exp_labels: {severity: ticket, account: cf}}]}
"""


@pytest.mark.real("prometheus")
def test_alerts_speak_when_they_should_and_not_before(tmp_path: Path) -> None:
    text = (RUNNING / "alerts.yaml").read_text(encoding="utf-8")
    bare = re.sub(r"^ +annotations:\n(?: {10}.*\n)+", "", text, flags=re.MULTILINE)  # a case would repeat each sentence
    (tmp_path / "alerts.yaml").write_text(bare, encoding="utf-8")
    (tmp_path / "cases.yaml").write_text(PROM, encoding="utf-8")
    promtool = find("promtool")
    good = subprocess.run([promtool, "check", "rules", RUNNING / "alerts.yaml"], capture_output=True, text=True)
    told = subprocess.run([promtool, "test", "rules", "cases.yaml"], capture_output=True, text=True, cwd=tmp_path)
    assert (0, 0) == (good.returncode, told.returncode), good.stderr + told.stdout + told.stderr
