"""`dataops start`: first light, from rendered files to a checked, committed, released product."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from first_light.catalog.page import PAGE
from first_light.commands.add import Added, Delivered, add
from first_light.commands.check import check
from first_light.commands.configure import configure
from first_light.commands.release import release
from first_light.commands.sample import load
from first_light.dbt.profile import missing_variables
from first_light.dbt.source_plan import MarkedColumn, marked_columns
from first_light.forge import repository_files
from first_light.inference.certainty import certain_marks
from first_light.project.default_branch import (
    ANSWER,
    USUAL,
    USUAL_NAMES,
    default_branch,
    recorded,
    remote_default,
)
from first_light.project.example import example_tables, make_raw
from first_light.project.hook_install import install_hooks
from first_light.project.hook_run import CONFIG
from first_light.project.package import is_local, is_public, lock, pin_to
from first_light.project.pin import GIT, VENDOR, VENDORED, pin_of_answers
from first_light.project.product import ANSWERS, Product
from first_light.release.pipeline import Options, Released
from first_light.store.locate import open_store
from first_light.store.pages import boards_address, page_address
from first_light.utils import steps
from first_light.utils.errors import DataopsError
from first_light.utils.steps import Step
from first_light.warehouse.kinds import RELEASES, is_server, kind_of


@dataclass(frozen=True)
class Started:
    """What `start` did.

    Attributes:
        steps: the checks, in order.
        added: what became of the team's own files; None when none were given.
        commit: the short hash of the commit it made; empty when there was nothing to commit.
        released: the first release; None when there is one already, when work is not committed yet,
            or when variables are missing.
        questions: columns that may hold personal data; nothing was committed if there are any.
        missing: variables of the warehouse that releases need, and that are not set.
    """

    steps: tuple[Step, ...]
    added: Added | None
    commit: str
    released: Released | None
    questions: tuple[MarkedColumn, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the checks passed, no question is open and the first release was published."""
        if self.questions:
            return False
        published = self.released is None or self.released.exit_code == 0
        return published and steps.verdict(self.steps) != steps.FAILED

    @property
    def exit_code(self) -> int:
        """0 if all is well, 2 if the first release could not run, else 1."""
        if self.ok:
            return 0
        was_checked = steps.verdict(self.steps) != steps.FAILED and not self.questions
        return self.released.exit_code if was_checked and self.released is not None else 1


def start(
    product: Product,
    sources: Sequence[Delivered],
    print_line: Callable[[str], None],
    progress: Callable[[str], None],
    show: Callable[[Added], None],
    confirm: Callable[[Sequence[MarkedColumn], Sequence[MarkedColumn]], bool],
) -> Started:
    """Bring a fresh product to its first commit and its first release; safe to repeat.

    History keeps what it once has: before the first commit, somebody must have looked at the
    columns that may hold personal data, where that is in doubt.

    Args:
        product: the product.
        sources: the team's own files; none to keep what is there.
        print_line: prints a line that stays.
        progress: shows what is being done right now.
        show: prints what became of the team's files, before they are checked.
        confirm: gets the doubtful and the certain marks of personal columns; names them and, where
            there is a doubtful one, asks whether they are right. False stops before the commit.

    Raises:
        DataopsError: a step could not be taken; the ones before it stand.
    """
    raise_if_missing(sources)
    _ready_git(product, print_line)
    product = _vendor(product, print_line, progress)
    _lock(product, print_line, progress)
    _install_hooks(product, print_line)
    added = None
    # The sample is cut from all of raw, so the example's has to be there beside one's own files.
    needs_raw = bool(sources) or not is_server(product)
    if needs_raw and (file_count := make_raw(product, progress)):
        print_line(f"raw: the shop's days so far, {file_count:,} files (not in git)")
    if sources:
        added = add(product, sources, progress)
        show(added)
    if is_server(product) and not sources:
        schema, rows = load(product, progress)
        if rows:
            print_line(f"sample: {len(rows)} tables in {schema}, for manual dbt runs")
    repository_files.write(product)
    check_result = check(product, print_line, progress)
    if steps.verdict(check_result) == steps.FAILED:
        return Started(tuple(check_result), added, "", None)
    doubtful, certain = _marks(product, added)
    if (doubtful or certain) and not confirm(doubtful, certain):
        return Started(tuple(check_result), added, "", None, doubtful)
    commit = _commit(product, print_line, progress)
    if open_store(product).current() is None and (missing := _missing(product)):
        print_line(f"first release: not made, these are not set: {', '.join(missing)}")
        return Started(tuple(check_result), added, commit, None, missing=missing)
    return Started(
        tuple(check_result), added, commit, _first_release(product, print_line, progress)
    )


def _missing(product: Product) -> tuple[str, ...]:
    """The variables that releases need in a warehouse where the check ran without them."""
    kind = kind_of(product)
    if kind.server is not None or kind.reads_files:
        return ()
    return missing_variables(product.root, RELEASES)


@dataclass(frozen=True)
class Page:
    """A page of the current release: what it shows, and its path or address."""

    title: str
    address: str


def release_pages(product: Product) -> tuple[Page, ...]:
    """The pages of the current release: its boards, if it has any, and its catalog."""
    store = open_store(product)
    run = store.current() or ""
    pages = (
        Page("boards", boards_address(store, run)),
        Page("catalog", page_address(store, run, PAGE)),
    )
    return tuple(page for page in pages if page.address)


def raise_if_missing(sources: Sequence[Delivered]) -> None:
    """Check that the files are there.

    Raises:
        DataopsError: some are not.
    """
    for source in sources:
        if not source.path.exists():
            raise DataopsError(
                "There is no such file or folder.", where=str(source.path), fix="check the path"
            )


def _marks(
    product: Product, added: Added | None
) -> tuple[tuple[MarkedColumn, ...], tuple[MarkedColumn, ...]]:
    """Doubtful and certain marks of personal columns in no commit yet; not the example's."""
    if _has_commits(product):
        return (), ()
    own = {table.name for table in added.tables} if added else set()
    invented = example_tables(product) - own
    marks = [mark for mark in marked_columns(product.root) if mark.table not in invented]
    certain = set() if is_server(product) else certain_marks(product.root, product.raw, marks)
    return (
        tuple(mark for mark in marks if mark not in certain),
        tuple(mark for mark in marks if mark in certain),
    )


def _has_commits(product: Product) -> bool:
    """Whether the product is committed; the repository around it may have commits before."""
    if not product.git("rev-parse", "--verify", "--quiet", "HEAD", check=False):
        return False
    return not product.prefix or bool(product.git("ls-tree", "HEAD", ANSWERS, check=False))


def _ready_git(product: Product, print_line: Callable[[str], None]) -> None:
    if not product.in_git:
        product.git("init", "--quiet", f"--initial-branch={USUAL}")
        print_line(f"git: a repository on branch {USUAL}")
    elif product.prefix:
        print_line(f"git: {product.prefix} in the repository {product.repository}")
    if not product.git("var", "GIT_AUTHOR_IDENT", check=False):
        raise DataopsError(
            "git has no user name or e-mail address, so it cannot commit.",
            fix='git config --global user.name "Your Name" && '
            "git config --global user.email you@example.com",
        )


def _vendor(
    product: Product, print_line: Callable[[str], None], progress: Callable[[str], None]
) -> Product:
    """Put the package into vendor/ where that was chosen or where pipelines could not fetch it."""
    if product.git("ls-tree", "HEAD", ANSWERS, check=False):  # committed: the team has decided
        return product
    pin = pin_of_answers(product.answers)
    if pin.wheel or pin.source not in (GIT, VENDORED):
        return product
    reason = ""
    if pin.source == GIT:
        progress("looking whether pipelines can fetch the package")
        if is_public(pin.address):
            return product
        place = "a place on this machine" if is_local(pin.address) else "not readable by everybody"
        reason = f": the template's address is {place}"
    progress("building the package")
    wheel = pin_to(product, VENDORED).wheel
    print_line(
        f"{VENDOR.as_posix()}/{wheel}: the package, so that pipelines need no access{reason}"
    )
    return Product(product.root)  # its answers are others now


def _lock(
    product: Product, print_line: Callable[[str], None], progress: Callable[[str], None]
) -> None:
    """Make the lock; `uv run` has usually done so on the way here."""
    if (product.root / "uv.lock").is_file():
        return
    progress("locking the environment")
    if problem := lock(product):
        raise DataopsError("The environment could not be locked.", where=problem, fix="uv lock")
    print_line("uv.lock: every tool, pinned")


def _install_hooks(product: Product, print_line: Callable[[str], None]) -> None:
    if hooks_path := product.git("config", "core.hooksPath", check=False):
        print_line(f"hooks: not installed, git takes hooks from {hooks_path} here (core.hooksPath)")
        return
    install_hooks(product)
    print_line("hooks: run at every commit")


def _commit(
    product: Product, print_line: Callable[[str], None], progress: Callable[[str], None]
) -> str:
    """Commit everything, once; the check has just run what the hooks would."""
    if _has_commits(product):
        print_line("git: there are commits already, this one is yours to make")
        branch, released = default_branch(product), recorded(product)
        if branch != released and (branch in USUAL_NAMES or remote_default(product)):
            command = f"uv run dataops configure --branch {branch}"
            print_line(f"git: releases are made from {released}, not from {branch}: {command}")
        return ""
    top = product.repository
    own = [*repository_files.needed(product).texts, *([CONFIG] if (top / CONFIG).is_file() else [])]
    paths = (".", *(str(top / name) for name in own if product.prefix))
    product.git("add", "--all", "--", *paths)
    message = f"First light of {product.prefix.rstrip('/')}" if product.prefix else "First light"
    # What else is staged in a larger repository is not part of this commit.
    commit_command = ("commit", "--quiet", "--no-verify", "--only")
    product.git(*commit_command, "--message", message, "--", *paths)
    if (branch := default_branch(product)) != recorded(product):
        configure(product, {ANSWER: branch}, progress)
        product.git(*commit_command, "--amend", "--no-edit", "--", *paths)
    commit = product.git("rev-parse", "--short", "HEAD")
    print_line(f"git: first commit {commit}, releases are made from {branch}")
    return commit


def _first_release(
    product: Product, print_line: Callable[[str], None], progress: Callable[[str], None]
) -> Released | None:
    """Build everything on raw and publish it, once; later releases are asked for by name."""
    if open_store(product).current() is not None or product.git(
        "status", "--porcelain", *product.pathspec
    ):
        return None
    progress("the first release")
    return release(product, Options(), print_line, progress)
