"""New files in raw that bring nothing (empty, or read by no source), or that are not finished."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Iterable, Sequence

from first_light.dbt.manifest import Manifest, Node
from first_light.history.facts import RawFile
from first_light.history.record import FindingRun
from first_light.monitors.levels import ERROR, WARN
from first_light.monitors.sources import date_of, location, pattern

_DATA = re.compile(
    r"\.(csv|tsv|psv|txt|json|jsonl|ndjson|parquet|xlsx|xls|ods|avro|orc|xml)(\.(gz|zst|bz2|xz))?$",
    re.IGNORECASE,
)
# What programs add to the name of a file that they have not finished, or keep as a copy.
_UNFINISHED = re.compile(r"\.(tmp|temp|part|partial|filepart|crdownload|download|bak)$|~$")
_SHOWN = 3  # names in a message


def check_files(
    manifest: Manifest,
    prefix: str,
    now: Sequence[RawFile],
    before: Sequence[RawFile] | None,
    sql: Iterable[str] = (),
) -> tuple[FindingRun, ...]:
    """Findings about files that came since the release before.

    Args:
        manifest: the product.
        prefix: raw, as the sources spell it.
        now: the files in raw.
        before: those of the release before; None before the first one: what no source reads only
            warns then.
        sql: compiled SQL of models, which may read files without a source.
    """
    known = {file.name: file.hash for file in before or ()}
    new = [file for file in now if known.get(file.name) != file.hash]
    readers = {}
    is_known = True
    for node in manifest.of("source"):
        place = node.relation if node.meta.get("external_location") else ""
        if location(place, prefix) is not None:
            readers[node.unique_id] = (node, pattern(place, prefix))
        elif place:
            is_known = False  # nobody knows which files it reads
    findings = []
    unread: dict[str, list[str]] = defaultdict(list)
    texts = []
    for text in sql:
        if prefix and prefix in text:
            for node, _ in readers.values():  # compiled SQL spells the sources out
                text = text.replace(node.relation, "")
            texts.append(text)
    for file in new:
        if any(_is_set_aside(file.name, node) for node, _ in readers.values()):
            continue
        nodes = [node for node, pattern_ in readers.values() if pattern_.match(file.name)]
        for node in nodes:
            if not file.size:
                message = f"{_name(node)}: the file {file.name} is empty (0 bytes)."
                findings.append(_finding(node, ERROR, message, file.name))
            elif _UNFINISHED.search(file.name):
                message = (
                    f"{_name(node)}: the file {file.name} is not finished or a copy by its name, "
                    "and is read. Move it out of raw."
                )
                findings.append(_finding(node, ERROR, message, file.name))
        folder = file.name.rpartition("/")[0]
        is_read = nodes or any(f"{prefix.rstrip('/')}/{folder}" in text for text in texts)
        if readers and is_known and not is_read and _DATA.search(file.name):
            unread[folder].append(file.name)
    level = WARN if before is None else ERROR
    for _, names in sorted(unread.items()):
        node = _nearest(names[0], [node for node, _ in readers.values()])
        listed = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
        files, verb = ("files", "are") if len(names) > 1 else ("file", "is")
        message = (
            f"{_name(node)}: {len(names)} new {files} in raw {verb} read by no source: {listed}. "
            f"{_advice(names[0], prefix, node, [pattern_ for _, pattern_ in readers.values()])}"
        )
        findings.append(_finding(node, level, message, names[0]))
    return tuple(findings)


def _advice(file: str, prefix: str, node: Node, patterns: Sequence[re.Pattern[str]]) -> str:
    """What makes a source read a file: another name, or another folder.

    Args:
        file: its path below raw.
        prefix: raw, as the sources spell it.
        node: the source that it was probably meant for.
        patterns: the paths that sources read.
    """
    lower = re.sub(r"(\.[A-Za-z0-9]+){1,2}$", lambda ending: ending[0].lower(), file)
    name_alone = file.rpartition("/")[2]
    in_folder = f"{node.name}/{name_alone}"
    names = [lower, lower.removesuffix(".gz")]
    # Only a file of the table's name is moved to its folder: another one is of a new table.
    if _shared_words(file, node):
        names += [in_folder, in_folder.removesuffix(".gz")]
    for name in names:
        if not any(pattern_.match(name) for pattern_ in patterns):
            continue
        is_packed = file.endswith(".gz") and not name.endswith(".gz")
        if "://" in prefix:
            return f"Rename it to {name}{' and unpack it' if is_packed else ''}."
        old, new = (shlex.quote(f"{prefix.rstrip('/')}/{path}") for path in (file, name))
        if is_packed:
            return f"fix: gunzip -c {old} > {new} && rm {old}"
        return f"fix: mv {old} {new}"
    if "://" in prefix:
        return "Move it out of raw, then add it: uv run dataops add PATH"
    old, new = (shlex.quote(path) for path in (f"{prefix.rstrip('/')}/{file}", f"../{name_alone}"))
    return f"fix: mv {old} .. && uv run dataops add {new}"


def _nearest(file: str, nodes: Sequence[Node]) -> Node:
    """The source that a file was probably meant for: its table's name is in the path."""
    return max(nodes, key=lambda node: (_shared_words(file, node), -len(_words(node.name))))


def _shared_words(file: str, node: Node) -> int:
    """How many words of a source's name are in the path of a file."""
    words = _words(file)
    return sum(word in words for word in _words(node.name))


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", name.lower())


def _is_set_aside(file: str, node: Node) -> bool:
    return f"'{file}'" in node.relation


def _name(node: Node) -> str:
    return f"{node.schema}.{node.name}"


def _finding(node: Node, level: str, message: str, file: str) -> FindingRun:
    return FindingRun(
        "delivery", node.unique_id, _name(node), file, level, message, 0.0, delivery=date_of(file)
    )
