"""The manifests for a cluster, read and looked through: no live cluster has seen them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import Stage

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
BOXES = {f"tidemark-{stage}" for stage in Stage}


def documents(name: str = "*") -> list[dict[str, Any]]:
    return [found for path in sorted(FOLDER.glob(f"{name}.yaml")) for found in yaml.safe_load_all(path.read_text())]


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [found for found in documents() if found["kind"] == kind]


def by_namespace(kind: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for document in of_kind(kind):
        found.setdefault(document["metadata"]["namespace"], []).append(document)
    return found


def test_every_namespace_is_held_to_the_restricted_level() -> None:
    labels = {found["metadata"]["name"]: found["metadata"]["labels"] for found in of_kind("Namespace")}

    assert labels.keys() == BOXES | {"tidemark"}
    for mode in ("enforce", "audit", "warn"):
        assert {label[f"pod-security.kubernetes.io/{mode}"] for label in labels.values()} == {"restricted"}


def test_no_box_can_send_or_receive_anything() -> None:
    policies = by_namespace("NetworkPolicy")

    assert policies.keys() == BOXES
    for (policy,) in policies.values():
        assert policy["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}  # and no rule that allows


def test_every_kind_of_box_has_a_quota() -> None:
    quotas = by_namespace("ResourceQuota")

    assert quotas.keys() == BOXES
    for (quota,) in quotas.values():
        hard = quota["spec"]["hard"]
        assert {"pods", "limits.cpu", "limits.memory", "limits.ephemeral-storage", "count/jobs.batch"} <= hard.keys()
        assert (hard["services"], hard["secrets"]) == ("0", "0")


def test_only_the_score_boxes_namespace_can_name_the_truth() -> None:
    claims = by_namespace("PersistentVolumeClaim")
    names = {space: {claim["metadata"]["name"] for claim in found} for space, found in claims.items()}

    assert {space for space, found in names.items() if "tidemark-truth" in found} == {"tidemark-score"}
    assert all("tidemark-exchange" in found for found in names.values())
    assert "tidemark-incoming" not in names["tidemark-score"]


def test_boxes_write_on_no_volume_but_the_exchange_of_their_own_kind() -> None:
    volumes = set()
    for claim in of_kind("PersistentVolumeClaim"):
        is_exchange = claim["metadata"]["name"] == "tidemark-exchange"
        assert claim["spec"]["accessModes"] == ["ReadWriteMany" if is_exchange else "ReadOnlyMany"]
        volumes.add(claim["spec"]["volumeName"])

    assert len(volumes) == len(of_kind("PersistentVolumeClaim"))


def test_the_worker_may_do_what_the_runner_asks_for_and_nothing_else() -> None:
    roles = by_namespace("Role")

    assert roles.keys() == BOXES
    for (role,) in roles.values():
        rights = {
            (resource, verb) for rule in role["rules"] for resource in rule["resources"] for verb in rule["verbs"]
        }
        assert rights == {
            ("jobs", "create"),
            ("jobs", "list"),
            ("jobs", "delete"),
            ("pods", "list"),
            ("pods/log", "get"),
        }
    (wide,) = of_kind("ClusterRole")
    assert wide["rules"] == [
        {"apiGroups": ["node.k8s.io"], "resources": ["runtimeclasses"], "resourceNames": ["gvisor"], "verbs": ["get"]}
    ]
    for binding in of_kind("RoleBinding") + of_kind("ClusterRoleBinding"):
        assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "tidemark-worker", "namespace": "tidemark"}]
    (account,) = of_kind("ServiceAccount")
    assert account["automountServiceAccountToken"] is False


def test_the_runtime_class_is_gvisor() -> None:
    (found,) = of_kind("RuntimeClass")

    assert (found["metadata"]["name"], found["handler"]) == ("gvisor", "runsc")


def test_every_manifest_fits_the_schema_of_the_api() -> None:
    validator = pytest.importorskip("kubernetes_validate", reason="a large package that only this test would need")

    for document in documents():
        validator.validate(document, "1.31", strict=True)
    assert len(documents()) >= 25
