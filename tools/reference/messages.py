"""messages.md: every error message of the package, grouped by what its reader was doing."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tools.reference.literals import Module, Package, last_name
from tools.reference.page import Page, replace_section, table

_PACKAGE = Path(__file__).resolve().parents[2] / "src" / "first_light"

# Headings in the order of the page. A path is a folder of the package or a module in one; the
# longest path counts.
_GROUPS = {
    "Set up a product": ("commands/new", "commands/start", "project", "utils"),
    "Add files": ("ingest", "commands/add", "commands/set_aside", "project/set_aside"),
    "Draft models": ("inference",),
    "Sample": ("sampling", "privacy", "commands/sample"),
    "Check and preview": ("commands", "impact", "hooks"),
    "Metrics": ("metrics",),
    "Boards": ("boards", "commands/boards", "commands/serve_boards"),
    "dbt": ("dbt",),
    "Release and roll back": ("release",),
    "Store": ("store",),
    "History": ("history",),
    "Warehouse": ("warehouse",),
    "Monitors and incidents": ("monitors", "incidents", "notify", "status", "commands/incident"),
    "Drill and test strength": ("drill", "mutation", "commands/mutate"),
    "Export": ("export",),
    "Move": ("move",),
    "Report and score": ("cli", "figures", "report", "score"),
    "Update and configure": (
        "commands/configure",
        "commands/open_request",
        "commands/proposal",
        "commands/update",
        "commands/update_request",
        "forge",
        "project/copier",
        "project/managed",
        "project/managed_list",
    ),
    "Package": ("commands/package", "project/package", "project/pin"),
    "Documentation": ("commands/docs",),
}
_COMPUTED = "depends on the cause"  # a fix without a literal part
_HEADING_OF = {path: heading for heading, paths in _GROUPS.items() for path in paths}
_COMMAND = re.compile(
    r"`[^`]*`|(?:^|(?<=: )|(?<=or )|(?<=[(]))(?:uv|git|copier|dataops|iconv|tr|python) [^;,()`]*"
)
_CODE = re.compile(r"`[^`]*`|[^\s(),;]*{\w+}(?:[^\s(),;]*[^\s(),;.:])?")


def text(package: Package) -> str:
    """The list of messages as the code has them now."""
    groups: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for module, message, fix in _messages(package):
        groups[heading(module.path)].add((message, fix))
    sections = []
    for name in filter(groups.__contains__, _GROUPS):
        rows = sorted(groups[name], key=_by_words)
        cells = ((_escaped(message), _with_command(fix)) for message, fix in rows)
        sections.append(f"### {name}\n\n{table(('message', 'fix'), cells)}")
    return "\n".join(sections)


def _by_words(row: tuple[str, str]) -> tuple[str, ...]:
    return tuple(cell.casefold() for cell in row)


def heading(path: Path) -> str:
    """The group of a module's messages.

    Raises:
        ValueError: its folder has no group.
    """
    for known in (path.with_suffix("").as_posix(), path.parts[0]):
        if known in _HEADING_OF:
            return _HEADING_OF[known]
    raise ValueError(f"{path}: name a group for this folder in tools/reference/messages.py")


PAGE = Page("messages.md", lambda page: replace_section(page, "messages", text(Package(_PACKAGE))))


def _messages(package: Package) -> Iterator[tuple[Module, str, str]]:
    errors = _error_classes(package)
    for module in package.modules:
        for name, call in module.calls():
            if errors.get(name) is False or _is_constructor(module, call, errors):
                message, fix = _argument(call, 0, "what"), _argument(call, 2, "fix")
                if message is not None:
                    yield from _resolved(package, module, message, fix)


def _resolved(
    package: Package, module: Module, message: ast.expr, fix: ast.expr | None
) -> Iterator[tuple[Module, str, str]]:
    """The sentences of one error; a sentence that is a parameter is looked up at the callers."""
    callers = list(package.passed(message, module))
    for caller, arguments in callers:
        name = last_name(fix) if fix is not None else ""
        is_parameter = name in arguments or any(name in every for _, every in callers)
        passed_fix = arguments.get(name) if is_parameter else fix
        yield from _resolved(package, caller, arguments[last_name(message)], passed_fix)
    if callers:
        return
    sentences = package.texts(message, module)
    if not any(re.search("[A-Za-z]{2}", re.sub("{.*?}", "", each)) for each in sentences):
        raise ValueError(
            f"{module.path}:{message.lineno}: write the sentence of this error as a literal"
        )
    fixes = (package.texts(fix, module) or [_COMPUTED]) if fix is not None else []
    for index, sentence in enumerate(sentences):
        yield module, sentence, _matching(fixes, index, len(sentences))


def _matching(fixes: list[str], index: int, count: int) -> str:
    return fixes[index] if len(fixes) == count else "; or: ".join(filter(None, fixes))


def _error_classes(package: Package) -> dict[str, bool]:
    """DataopsError and its subclasses, with whether each has a constructor of its own."""
    errors = {"DataopsError": False}
    for _ in range(3):  # subclasses of subclasses, in whatever order their modules come
        for module in package.modules:
            for node in ast.walk(module.tree):
                if isinstance(node, ast.ClassDef) and {*map(last_name, node.bases)} & {*errors}:
                    errors[node.name] = any(
                        isinstance(each, ast.FunctionDef) and each.name == "__init__"
                        for each in node.body
                    )
    return errors


def _is_constructor(module: Module, call: ast.Call, errors: dict[str, bool]) -> bool:
    """Whether this is `super().__init__(…)` in a subclass."""
    function = module.function_of(call)
    owner = module.parents.get(function) if function else None
    return (
        last_name(call.func) == "__init__"
        and isinstance(owner, ast.ClassDef)
        and owner.name in errors
        and owner.name != "DataopsError"
    )


def _argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    by_name = [word.value for word in call.keywords if word.arg == name]
    return next(iter(by_name or call.args[position : position + 1]), None)


def _with_command(fix: str) -> str:
    """A fix with its commands as code."""
    parts, end = [], 0
    for match in _COMMAND.finditer(fix):
        command = match[0].strip("` ")
        parts += [_escaped(fix[end : match.start()]), f"`{command}`"]
        end = match.start() + len(match[0].rstrip())
    return "".join([*parts, _escaped(fix[end:])])


def _escaped(words: str) -> str:
    """A text for a cell. Words with a placeholder are code: Markdown reads `{…}` as attributes."""
    parts, end = [], 0
    for match in _CODE.finditer(words):
        parts += [_plain(words[end : match.start()]), f"`{match[0].strip('`')}`"]
        end = match.end()
    return "".join([*parts, _plain(words[end:])])


def _plain(words: str) -> str:
    return re.sub(r"([*_\[\]\\])", r"\\\1", words).replace("<", "&lt;").replace("\n", " ")
