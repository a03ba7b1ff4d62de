"""Texts in Python source: what an expression says, with a {placeholder} for each computed part."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

_FunctionDef = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Module:
    """One parsed module.

    Attributes:
        path: relative to the package.
        tree: its syntax tree.
        parents: every node's parent.
    """

    path: Path
    tree: ast.Module
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in ast.walk(self.tree):
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node

    def function_of(self, node: ast.AST) -> _FunctionDef | None:
        """The innermost function around a node."""
        while (parent := self.parents.get(node)) is not None:
            if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef):
                return parent
            node = parent
        return None

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Every call with the last part of the called name."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and (name := last_name(node.func)):
                yield name, node


class Package:
    """All modules below a folder."""

    def __init__(self, root: Path) -> None:
        self.modules = [
            Module(path.relative_to(root), ast.parse(path.read_text(encoding="utf-8")))
            for path in sorted(root.rglob("*.py"))
        ]

    def texts(self, node: ast.expr, module: Module) -> list[str]:
        """What an expression can say; empty when it has no literal part."""
        if isinstance(node, ast.Constant):
            return [node.value] if isinstance(node.value, str) else []
        if isinstance(node, ast.IfExp):
            return self.texts(node.body, module) + self.texts(node.orelse, module)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._joined((node.left, node.right), module)
        if isinstance(node, ast.JoinedStr):
            return self._joined(node.values, module)
        if isinstance(node, ast.FormattedValue):
            number = _integer(node.value, module)
            return [f"{number:,}"] if number is not None else self.texts(node.value, module)
        if isinstance(node, ast.Name):
            return list(dict.fromkeys(self._named(node, module)))
        return []

    def passed(
        self, node: ast.expr, module: Module
    ) -> Iterator[tuple[Module, dict[str, ast.expr]]]:
        """The arguments of every call of the function that has this name as a parameter.

        Private functions are called in their own module only. A parameter that a call leaves
        out is missing from its arguments.
        """
        function = module.function_of(node)
        if function is None or not isinstance(node, ast.Name):
            return
        parameters = _parameters(function)
        if node.id not in parameters:
            return
        for caller in [module] if function.name.startswith("_") else self.modules:
            for called, call in caller.calls():
                if called == function.name:
                    by_name = {word.arg: word.value for word in call.keywords if word.arg}
                    yield caller, {**dict(zip(parameters, call.args)), **by_name}

    def _joined(self, parts: Iterable[ast.expr], module: Module) -> list[str]:
        options = [self.texts(part, module) or [f"{{{placeholder(part)}}}"] for part in parts]
        return ["".join(each) for each in product(*options)]

    def _named(self, node: ast.Name, module: Module) -> Iterator[str]:
        function = module.function_of(node)
        if function and node.id in _parameters(function):
            return
        for scope in (list(ast.walk(function)) if function else [], module.tree.body):
            for value in _assigned(scope, node.id):
                if last_name(value) != node.id:
                    yield from self.texts(value, module)


def placeholder(node: ast.expr) -> str:
    """A readable name for a computed part."""
    if isinstance(node, ast.FormattedValue):
        return placeholder(node.value)
    if isinstance(node, ast.Attribute):
        owner = last_name(node.value).strip("_")
        return owner if node.attr == "name" and owner != "self" else node.attr.strip("_")
    if isinstance(node, ast.Name):
        return node.id.strip("_").lower()
    if isinstance(node, ast.Call):
        called_on = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        names = filter(None, map(placeholder, (*node.args, *called_on)))
        return next(names, last_name(node.func).strip("_"))
    parts = (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))
    return next(filter(None, map(placeholder, parts)), "")


def last_name(node: ast.expr) -> str:
    """The last part of a dotted name; empty for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _parameters(function: _FunctionDef) -> list[str]:
    every = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return [each.arg for each in every if each.arg not in ("self", "cls")]


def _assigned(scope: Iterable[ast.AST], name: str) -> Iterator[ast.expr]:
    for node in scope:
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value:
            targets, value = [node.target], node.value
        else:
            continue
        if any(last_name(target) == name for target in targets):
            yield value


def _integer(node: ast.expr, module: Module) -> int | None:
    """A number that is a constant of the module."""
    for value in _assigned(module.tree.body, node.id) if isinstance(node, ast.Name) else ():
        if isinstance(value, ast.Constant) and type(value.value) is int:
            return value.value
    return None
