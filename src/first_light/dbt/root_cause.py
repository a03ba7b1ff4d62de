"""Why a release was rejected: the most upstream failure, whose it is, and what depends on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from first_light.dbt.engine import NodeResult
from first_light.dbt.manifest import Manifest

_TESTS = ("test", "unit_test")


@dataclass(frozen=True)
class Cause:
    """What to look at first.

    Attributes:
        result: the failure with no failure above it.
        subject: the model, snapshot, seed or source that it is about, by unique id.
        name: that subject's name.
        owner: whose it is, for people; empty when nobody's.
        group: the dbt group; empty when none.
        models: names of what is built on it.
        exposures: names of who uses it, directly or not.
    """

    result: NodeResult
    subject: str
    name: str
    owner: str
    group: str
    models: tuple[str, ...]
    exposures: tuple[str, ...]


def find_cause(failed: Sequence[NodeResult], manifest: Manifest) -> Cause | None:
    """The failure that none of the others can explain; None when nothing failed."""
    if not failed:
        return None
    about = {result.unique_id: subject_of(result, manifest) for result in failed}
    broken = set(about.values())

    def rank(result: NodeResult) -> tuple[int, bool, str]:
        subject = about[result.unique_id]
        broken_above = manifest.graph.ancestors(subject) & broken
        return len(broken_above), result.kind in _TESTS, result.unique_id

    first = min(failed, key=rank)
    subject = about[first.unique_id]
    below = manifest.graph.descendants(subject)
    nodes = [manifest.nodes[unique_id] for unique_id in below if unique_id in manifest.nodes]
    group, owner = owner_of(subject, manifest)
    return Cause(
        result=first,
        subject=subject,
        name=manifest.nodes[subject].name if subject in manifest.nodes else first.name,
        owner=owner,
        group=group,
        models=tuple(sorted(n.name for n in nodes if n.kind in ("model", "snapshot"))),
        exposures=tuple(sorted(n.name for n in nodes if n.kind == "exposure")),
    )


def subject_of(result: NodeResult, manifest: Manifest) -> str:
    """What a result is about: a test is about what it tests, everything else about itself.

    A test of several models is about the one that is furthest downstream.
    """
    if result.kind not in _TESTS:
        return result.unique_id
    node = manifest.nodes.get(result.unique_id)
    if node and node.attached_to:
        return node.attached_to
    tested = _tested(result, manifest)
    above = manifest.graph.ancestors(*tested)
    return min((name for name in tested if name not in above), default=result.unique_id)


def stands_on(result: NodeResult, manifest: Manifest) -> frozenset[str]:
    """All that a result may follow from: what it is about or compares it with, and all above."""
    tested = {*_tested(result, manifest), subject_of(result, manifest)}
    return frozenset(tested) | manifest.graph.ancestors(*tested)


def _tested(result: NodeResult, manifest: Manifest) -> list[str]:
    node = manifest.nodes.get(result.unique_id)
    return list(result.depends_on) or (list(node.depends_on) if node else [])


def owner_of(unique_id: str, manifest: Manifest) -> tuple[str, str]:
    """The group that owns a node, and its people; a source is owned by the models that read it,
    an exposure by the owner that it names.
    """
    node = manifest.nodes.get(unique_id)
    if node and node.kind == "exposure":
        name, email = node.owner.get("name", ""), node.owner.get("email", "")
        return node.group, f"{name} <{email}>" if email else name
    group = node.group if node else ""
    if not group:
        readers = (manifest.nodes[child] for child in manifest.graph.children(unique_id))
        groups = (reader.group for reader in readers if reader.kind not in _TESTS)
        group = next(filter(None, groups), "")
    owner = manifest.groups.get(group, {})
    name, email = str(owner.get("name") or group), str(owner.get("email") or "")
    return group, f"{name} <{email}>" if email else name
