"""Why a release was rejected: the most upstream failure, whose it is, and what depends on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from first_light.dbt.engine import NodeResult
from first_light.dbt.manifest import Manifest, Node

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
    parents = {node.unique_id: node.depends_on for node in manifest.nodes.values()}
    broken = set(about.values())

    def rank(result: NodeResult) -> tuple[int, bool, str]:
        subject = about[result.unique_id]
        above = _reach([subject], parents) - {subject}
        return len(above & broken), result.kind in _TESTS, result.unique_id

    first = min(failed, key=rank)
    subject = about[first.unique_id]
    below = _reach([subject], children_of(manifest)) - {subject}
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
    tested = list(result.depends_on) or (list(node.depends_on) if node else [])
    parents = {one.unique_id: one.depends_on for one in manifest.nodes.values()}
    below = [
        one for one in tested if not any(one in _above(o, parents) for o in tested if o != one)
    ]
    return min(below or tested, default=result.unique_id)


def owner_of(unique_id: str, manifest: Manifest) -> tuple[str, str]:
    """The group that owns a node, and its people; a source is owned by the models that read it."""
    node = manifest.nodes.get(unique_id)
    group = node.group if node else ""
    if not group:
        readers = [manifest.nodes.get(child) for child in children_of(manifest).get(unique_id, ())]
        group = next((reader.group for reader in readers if reader and reader.group), "")
    owner = manifest.groups.get(group, {})
    name, email = str(owner.get("name") or group), str(owner.get("email") or "")
    return group, f"{name} <{email}>" if email else name


def children_of(manifest: Manifest) -> dict[str, list[str]]:
    """The direct children of every node that has some; tests are nobody's children."""
    children: dict[str, list[str]] = defaultdict(list)
    for node in _no_tests(manifest.nodes.values()):
        for parent in node.depends_on:
            children[parent].append(node.unique_id)
    return children


def _no_tests(nodes: Iterable[Node]) -> list[Node]:
    return [node for node in nodes if node.kind not in _TESTS]


def _above(unique_id: str, parents: Mapping[str, Sequence[str]]) -> set[str]:
    return _reach([unique_id], parents) - {unique_id}


def _reach(start: Iterable[str], edges: Mapping[str, Sequence[str]]) -> set[str]:
    """Everything that can be reached from `start`, itself included."""
    found: set[str] = set()
    ahead = list(start)
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            ahead.extend(edges.get(one, ()))
    return found
