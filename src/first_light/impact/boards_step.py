"""Boards as one step of `dataops check`: those that the change reaches, from both sides."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from first_light.boards import changes
from first_light.boards.changes import BoardChange
from first_light.boards.document import FOLDER, Board, read_board, read_boards
from first_light.boards.exposures import COMMAND, exposure_of, raise_if_outdated
from first_light.boards.page import Edition
from first_light.boards.render import INDEX, Rendered, render_boards, write_pages
from first_light.boards.results import BROKEN
from first_light.boards.sql import columns_without
from first_light.dbt.engine import DbtRun
from first_light.dbt.manifest import Manifest, read_manifest
from first_light.dbt.profile import read_type
from first_light.impact import classify as judge_change
from first_light.impact.change import NoBase
from first_light.impact.check_step import BOARDS, IMPACT_PAGE
from first_light.impact.current import CurrentSide
from first_light.impact.databases import open_database
from first_light.impact.plan import Plan
from first_light.metrics.definitions import Semantics, read_semantics
from first_light.privacy.messages import masked
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.utils.steps import FAILED, PASSED, SKIPPED, WARNED, Step
from first_light.warehouse.base import DATABASE_FILE
from first_light.warehouse.copied import on_copies
from first_light.warehouse.kinds import CHECKS, is_server
from first_light.warehouse.sandbox import Sandbox

_MOST_BLOCKS = 5  # of one board, in the message


def judge(product: Product, plan: Plan | NoBase, built: DbtRun, folder: Path) -> Step:
    """Render the boards, compare them with base, and write boards.html, boards.json, boards.md.

    Without a base all boards are rendered into target/check/boards, and nothing is compared.

    Args:
        product: head.
        plan: what was built, and what it is compared with.
        built: head's build.
        folder: target/check.
    """
    begin = time.monotonic()
    try:
        boards = read_boards(product.root)
        raise_if_outdated(product.root, boards)
    except DataopsError as error:
        return Step(BOARDS, FAILED, time.monotonic() - begin, "", (str(error),), COMMAND)
    base_root = plan.base.tree if isinstance(plan, Plan) else None
    if not boards and (base_root is None or not any((base_root / FOLDER).glob("*.md"))):
        return Step(BOARDS, SKIPPED, 0.0, "no board")
    sql = {node.unique_id: node.sql for node in built.nodes if node.sql}
    database, root = folder / DATABASE_FILE, product.root
    if isinstance(plan, NoBase):
        head = read_manifest(folder / "manifest.json", packages=True)
        semantics = read_semantics(folder)
        rendered = _rendered(product, boards, head, semantics, database, root, sql)
        reached = [BoardChange(board.board.name, None, board) for board in rendered]
        summary = f"{len(boards)} board{'s' * (len(boards) != 1)}"
        write_pages(rendered, Edition(product.name), folder / FOLDER)
        page = f"target/check/{FOLDER}/{INDEX}"
    else:
        reached = _changes(plan, boards, database, root, sql)
        total = len({board.name for board in boards} | {change.name for change in reached})
        summary = changes.headline(reached, total)
        page = f"target/check/{changes.PAGE}"
        impact = IMPACT_PAGE if (folder / IMPACT_PAGE).is_file() else ""
        (folder / changes.PAGE).write_text(changes.page(reached, impact), encoding="utf-8")
        (folder / "boards.md").write_text(changes.markdown(reached, page), encoding="utf-8")
    (folder / "boards.json").write_text(changes.as_json(reached), encoding="utf-8")
    problems = [(board, problem) for board in reached for problem in board.problems]
    details = tuple(
        f"{board.after.board.at(problem.line)}: {problem.message}"
        for board, problem in problems
        if board.after
    )
    details += tuple(f"{board.name}: {board.unknown}" for board in reached if board.unknown)
    verdict = WARNED if details else PASSED
    # What a server's SQL means is tried on copies: there only the release can reject it.
    if any(problem.kind == BROKEN for _, problem in problems) and not is_server(product):
        verdict = FAILED
    if isinstance(plan, Plan) and (undeclared := _undeclared(plan, reached)):
        verdict, details = FAILED, (undeclared, *details)
    seconds = time.monotonic() - begin
    return Step(BOARDS, verdict, seconds, summary, details, COMMAND if details else "", page)


def _undeclared(plan: Plan, reached: Sequence[BoardChange]) -> str:
    """What edited boards show otherwise and no commit declares; empty if there is nothing."""
    redefined = [board for board in reached if board.redefined]
    if not redefined:
        return ""
    log = plan.product.git("log", "--format=%B", f"{plan.change.base}..HEAD")
    declared, _ = judge_change.declared_in(log)
    missing = [board for board in redefined if board.name not in declared]
    if not missing:
        return ""
    names = ", ".join(board.name for board in missing)
    lines = [f"Undeclared change of what a board shows: {names}."]
    lines += [
        f"  {board.name}, {block.title}: {'; '.join(block.sentences)}"
        for board in missing
        for block in board.redefined[:_MOST_BLOCKS]
    ]
    lines.append("If intended, add this trailer to a commit message, with your reason:")
    lines.append(f"{judge_change.TRAILER}: {names} -- {judge_change.PLACEHOLDER}")
    return "\n".join(lines)


def _changes(
    plan: Plan, boards: Sequence[Board], database: Path, root: Path, sql: Mapping[str, str]
) -> list[BoardChange]:
    base_sql = {name: entry.sql for name, entry in plan.base.built.items() if entry.sql}
    after = [board for board in boards if _is_reached(plan, board)]
    problem = ""
    try:
        base_boards = {board.name: board for board in _boards_of_base(plan)}
    except DataopsError as error:
        base_boards, problem = {}, f"base: {error.message}"
    names = {board.name for board in boards}
    before = [
        base_boards[name]
        for name in sorted(base_boards)
        if name not in names or any(board.name == name for board in after)
    ]
    base, head = plan.base, plan.head
    old_metrics, new_metrics = plan.semantics
    # What the current release is made of is real data.
    shown = masked if isinstance(base, CurrentSide) else str
    old = _rendered(
        plan.product, before, base.manifest, old_metrics, base.database, base.tree, base_sql,
        plan.sandbox, shown,
    )  # fmt: skip
    new = _rendered(
        plan.product, after, head, new_metrics, database, root, {**base_sql, **sql}, plan.sandbox,
        shown,
    )  # fmt: skip
    was = {rendered.board.name: rendered for rendered in old}
    now = {rendered.board.name: rendered for rendered in new}
    return [
        BoardChange(name, was.get(name), now.get(name), problem if name in now else "")
        for name in sorted(was.keys() | now.keys())
    ]


def _is_reached(plan: Plan, board: Board) -> bool:
    node = exposure_of(board, plan.head)
    return board.path in plan.change.files or (node is not None and node.unique_id in plan.reached)


def _boards_of_base(plan: Plan) -> tuple[Board, ...]:
    """The boards of base.

    Raises:
        DataopsError: one is not valid.
    """
    if not isinstance(plan.base, CurrentSide):
        return read_boards(plan.base.tree)
    # A release keeps the pages of its boards, git what they are made of.
    git, commit = plan.product.git, plan.change.base
    listed = git("ls-tree", "--name-only", commit, f"{FOLDER}/").splitlines()
    files = sorted(Path(path) for path in listed if path.endswith(".md"))
    return tuple(read_board(path.stem, git("show", f"{commit}:./{path}") + "\n") for path in files)


def _rendered(
    product: Product,
    boards: Sequence[Board],
    manifest: Manifest,
    semantics: Semantics,
    database: Path,
    files: Path,
    sql: Mapping[str, str],
    sandbox: Sandbox | None = None,
    shown: Callable[[str], str] = str,
) -> tuple[Rendered, ...]:
    """Boards from a database file; without one every query says that nothing was built."""
    if not boards:
        return ()
    with open_database(database, files, manifest, sql, sandbox) as side:
        return render_boards(
            boards,
            manifest,
            semantics,
            # In the SQL of the warehouse that was built on, which need not be that of releases.
            on_copies(side.queries, read_type(product.root, CHECKS)),
            columns_without(side.built, side.withheld),
            _edition,
            {name: columns for (_, name), columns in side.withheld.items()},
            shown,
        )


def _edition(board: Board) -> Edition:
    return Edition("")
