"""The Kubernetes manifests follow the table of roles; other tools check their shape."""

import json
from functools import cache
from typing import Any, Final

import pytest
import yaml
from jsonschema import Draft202012Validator

from tradewind import CHECKOUT
from tradewind.contracts.ordering import Order
from tradewind.contracts.roles import ROLES, Role
from tradewind.settings import ProcessSettings

DIRECTORY: Final = CHECKOUT / "deploy" / "kubernetes"
SETTINGS: Final = "tradewind-settings"
SPARE_SECONDS: Final = 5
SCALED: Final = (
    *(Role.ENRICHER, Role.EVALUATOR, Role.DESK),
    *(Role.RISK, Role.PORTFOLIO, Role.PLANNER),
)
MEASURED: Final = (
    "tradewind_consumer_pending_messages",
    "tradewind_consumer_unacknowledged_messages",
)
"""The two gauges whose sum is a queue group's lag."""
ALONE: Final = (
    *(Role.FEEDS, Role.MARKET, Role.SWEEPER, Role.TREASURY),
    *(Role.RECORDER, Role.HISTORIAN, Role.STRATEGIST),
)
PORTS: Final = {"nats": 4222, "postgres": 5432, "redis": 6379}


@cache
def documents() -> tuple[dict[str, Any], ...]:
    """Return every document of every manifest."""
    return tuple(
        document
        for path in sorted(DIRECTORY.glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text())
    )


def named(kind: str) -> dict[str, dict[str, Any]]:
    """Return the documents of a kind by their name."""
    return {one["metadata"]["name"]: one for one in documents() if one["kind"] == kind}


def pod_of(workload: dict[str, Any]) -> dict[str, Any]:
    """Return what a deployment or a job says of its pods."""
    pod: dict[str, Any] = workload["spec"]["template"]["spec"]
    return pod


def workloads() -> dict[str, dict[str, Any]]:
    """Return everything that runs our image."""
    return named("Deployment") | named("Job")


def test_every_role_is_deployed_and_runs_as_itself() -> None:
    deployments = named("Deployment")
    assert set(deployments) == set(ROLES)
    for name, deployment in deployments.items():
        (container,) = pod_of(deployment)["containers"]
        module = ["gateway"] if name == Role.GATEWAY else ["actors", name]
        assert container["args"] == ["python", "-m", *module]
        (sources,) = [
            one["projected"]["sources"]
            for one in pod_of(deployment)["volumes"]
            if "projected" in one
        ]
        required = [one["secret"]["name"] for one in sources if not one["secret"].get("optional")]
        assert required == [f"tradewind-{name}"]


def test_replicas_are_as_many_as_a_role_can_use() -> None:
    for name, deployment in named("Deployment").items():
        assert deployment["spec"]["replicas"] == (1 if name in ALONE else 2)
    assert set(named("PodDisruptionBudget")) == set(ROLES) - set(ALONE)


def test_only_stateless_pools_are_scaled_and_by_their_own_lag() -> None:
    scaled = named("ScaledObject")
    assert set(scaled) == set(SCALED)
    for name, document in scaled.items():
        assert document["spec"]["scaleTargetRef"]["name"] == name
        (trigger,) = document["spec"]["triggers"]
        (group,) = ROLES[name].queue_groups
        told = trigger["metadata"]
        if group.order is Order.UNORDERED:
            assert (told["stream"], told["consumer"]) == (*group.streams, group.durable)
        else:
            (stream,) = group.streams
            of_group = f'{{stream="{stream}",durable="{group.durable}"}}'
            assert told["query"] == " + ".join(f"max({gauge}{of_group})" for gauge in MEASURED)
            assert told["ignoreNullValues"] == "false"
        assert document["spec"]["minReplicaCount"] == named("Deployment")[name]["spec"]["replicas"]


def test_scaled_objects_are_as_keda_takes_them() -> None:
    schema = json.loads((DIRECTORY / "keda-scaledobject.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    for document in named("ScaledObject").values():
        Draft202012Validator(schema).validate(document)


def test_keda_takes_no_misspelt_trigger() -> None:
    schema = json.loads((DIRECTORY / "keda-scaledobject.schema.json").read_text())
    for name, limit in ((Role.PLANNER, "lagThreshold"), (Role.RISK, "threshold")):
        document = json.loads(json.dumps(named("ScaledObject")[name]))
        trigger = document["spec"]["triggers"][0]["metadata"]
        trigger["lagTreshold"] = trigger.pop(limit)
        assert len(list(Draft202012Validator(schema).iter_errors(document))) == 2


@pytest.mark.parametrize("name", sorted(workloads()))
def test_a_pod_has_no_privilege_and_writes_nothing(name: str) -> None:
    pod = pod_of(workloads()[name])
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "memory" in container["resources"]["limits"]
    # Secrets are files: an environment is shown by more than one command.
    assert not any("secretRef" in one for one in container.get("envFrom", ()))
    assert not any("valueFrom" in one for one in container["env"])


def test_whoever_reads_files_about_signals_sees_them() -> None:
    """The settings that name the files are everybody's, so no role may have another file."""
    readers = {
        name
        for name, one in named("Deployment").items()
        if any(
            volume.get("configMap") == {"name": "tradewind-signals", "optional": True}
            for volume in pod_of(one)["volumes"]
        )
    }
    assert readers == {*(Role.GATEWAY, Role.ENRICHER, Role.EVALUATOR, Role.DESK, Role.STRATEGIST)}
    for name in readers:
        (container,) = pod_of(named("Deployment")[name])["containers"]
        mounted = {"name": "signals", "mountPath": "/etc/tradewind", "readOnly": True}
        assert mounted in container["volumeMounts"]


@pytest.mark.parametrize("name", sorted(workloads()))
def test_a_pod_may_finish_what_it_holds(name: str) -> None:
    settings = named("ConfigMap")[SETTINGS]["data"]
    told = int(settings["TRADEWIND_SHUTDOWN_TIMEOUT_SECONDS"])
    assert told == ProcessSettings.model_fields["shutdown_timeout_seconds"].default
    grace_seconds = pod_of(workloads()[name])["terminationGracePeriodSeconds"]
    assert grace_seconds >= told + SPARE_SECONDS


def test_probes_ask_what_is_served() -> None:
    for name, deployment in named("Deployment").items():
        (container,) = pod_of(deployment)["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        assert ports["operations"] == int(
            named("ConfigMap")[SETTINGS]["data"]["TRADEWIND_METRICS_PORT"]
        )
        alive, ready = container["livenessProbe"]["httpGet"], container["readinessProbe"]["httpGet"]
        is_gateway = name == Role.GATEWAY
        assert alive == (
            {"path": "/health", "port": "http"}
            if is_gateway
            else {"path": "/metrics", "port": "operations"}
        )
        assert ready == {"path": "/ready", "port": "operations"}


def test_the_network_lets_each_role_to_its_servers_and_no_other() -> None:
    policies = named("NetworkPolicy")
    assert policies["nobody"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for server, port in PORTS.items():
        spec = policies[f"to-{server}"]["spec"]
        (selected,) = spec["podSelector"]["matchExpressions"]
        provision = [] if server == "redis" else ["provision"]
        entitled = [name for name, role in ROLES.items() if server in role.servers]
        assert selected["values"] == [*entitled, *provision]
        (rule,) = spec["egress"]
        assert rule["to"] == [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": server}}}]
        assert rule["ports"] == [{"protocol": "TCP", "port": port}]


def test_one_command_applies_every_manifest_but_the_job() -> None:
    (kustomization,) = [one for one in documents() if one["kind"] == "Kustomization"]
    files = {path.name for path in DIRECTORY.glob("*.yaml")}
    named = files - {"kustomization.yaml", "provision.yaml"}
    assert sorted(kustomization["resources"]) == sorted(named), "one twice is refused"
    images = {pod_of(one)["containers"][0]["image"] for one in workloads().values()}
    assert images == {f"tradewind:{kustomization['images'][0]['newTag']}"}
