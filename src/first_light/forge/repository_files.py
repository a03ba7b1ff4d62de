"""The files at the top of a repository that a product in one of its folders needs there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml.error import YAMLError

from first_light.forge import top_pipelines
from first_light.forge.top_pipelines import COMMAND, GITHUB, GITLAB, GITLAB_PRODUCTS
from first_light.project.default_branch import recorded, remote_default
from first_light.project.git_folder import name_of
from first_light.project.product import ANSWERS, Product
from first_light.utils.errors import DataopsError
from first_light.utils.steps import FAILED, PASSED, WARNED, Step
from first_light.utils.whole_files import write_whole

STEP = "pipelines of the repository"
BRANCH_STEP = "default branch"
_INCLUDED = re.compile(r"^\s*- local: (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class TopFiles:
    """What a product needs at the top of its repository.

    Attributes:
        texts: the files that are written from the product's, by their path from the top.
        stale: files that were written for this product and are no longer needed.
        problem: what a person has to add; empty if nothing.
    """

    texts: dict[str, str]
    stale: tuple[str, ...] = ()
    problem: str = ""


def needed(product: Product) -> TopFiles:
    """The pipelines that the top of the repository needs; none for a product at the top.

    Raises:
        DataopsError: a pipeline of the product is not one.
    """
    folder = product.prefix.rstrip("/")
    if not folder:
        return TopFiles({})
    top, name = product.repository, name_of(folder)
    texts = {
        f"{GITHUB}/{name}-{path.name}": _workflow(folder, path)
        for path in sorted((product.root / GITHUB).glob("*.y*ml"))
    }
    problem = ""
    if (product.root / GITLAB).is_file():
        texts[f"{GITLAB_PRODUCTS}/{name}.yml"] = _gitlab_jobs(product.root, folder)
        if not (top / GITLAB).is_file():
            texts[GITLAB] = top_pipelines.gitlab_top()
        elif f"{GITLAB_PRODUCTS}/" not in (top / GITLAB).read_text(encoding="utf-8"):
            problem = f"add to `include:` in {GITLAB}: - local: {GITLAB_PRODUCTS}/*.yml"
    return TopFiles(texts, _stale(top, folder, name, texts), problem)


def write(product: Product) -> tuple[Path, ...]:
    """Write what the top of the repository needs; returns the files that changed.

    Raises:
        DataopsError: a pipeline of the product is not one.
    """
    files, top = needed(product), product.repository
    changed = []
    for name in _differing(top, files):
        if name in files.texts:
            write_whole(top / name, files.texts[name].encode())
        else:
            (top / name).unlink()
        changed.append(top / name)
    return tuple(changed)


def step(product: Product) -> Step | None:
    """Whether the pipelines at the top are those of the product; None for a product at the top.

    Raises:
        DataopsError: a pipeline of the product is not one.
    """
    prefix = product.prefix
    if not prefix:
        return None
    files = needed(product)
    differing = _differing(product.repository, files)
    if differing or files.problem:
        details = tuple(f"{name} is not what {COMMAND} writes" for name in differing)
        problem = (files.problem,) if files.problem else ()
        return Step(STEP, FAILED, 0.0, "", (*details, *problem), COMMAND if differing else "")
    return Step(STEP, PASSED, 0.0, f"{len(files.texts)} files for {prefix}")


def branch_step(product: Product) -> Step | None:
    """A warning if a pipeline releases another branch than the remote's default one."""
    actual, expected = remote_default(product), recorded(product)
    if not (product.root / GITHUB).is_dir() or actual in ("", expected):
        return None  # GitLab's pipelines get the name from GitLab
    if not product.git("ls-tree", "HEAD", ANSWERS, check=False):
        return None  # `start` records the branch with the first commit
    return Step(
        BRANCH_STEP,
        WARNED,
        0.0,
        f"pushes to {actual} are not released",
        (f"release.yml releases {expected}, but the default branch of origin is {actual}.",),
        f"uv run dataops configure --branch {actual}",
    )


def _differing(top: Path, files: TopFiles) -> tuple[str, ...]:
    changed = (
        name
        for name, text in files.texts.items()
        if not (top / name).is_file() or (top / name).read_bytes() != text.encode()
    )
    return (*changed, *files.stale)


def _workflow(folder: str, path: Path) -> str:
    try:
        return top_pipelines.workflow(folder, path.name, path.read_text(encoding="utf-8"))
    except (YAMLError, TypeError, KeyError, AttributeError) as error:
        raise _invalid(f"{GITHUB}/{path.name}", error) from error


def _gitlab_jobs(root: Path, folder: str) -> str:
    included = _INCLUDED.findall((root / GITLAB).read_text(encoding="utf-8"))
    names = [GITLAB, *(name for name in included if (root / name).is_file())]
    try:
        texts = {name: (root / name).read_text(encoding="utf-8") for name in names}
        return top_pipelines.gitlab_jobs(folder, texts)
    except (YAMLError, TypeError, KeyError, AttributeError) as error:
        raise _invalid(", ".join(names), error) from error


def _stale(top: Path, folder: str, name: str, texts: dict[str, str]) -> tuple[str, ...]:
    """Files that say that they were written from this folder, without a reason any more."""
    paths = [*(top / GITHUB).glob(f"{name}-*"), top / GITLAB_PRODUCTS / f"{name}.yml"]
    return tuple(
        path.relative_to(top).as_posix()
        for path in paths
        if path.is_file()
        and path.relative_to(top).as_posix() not in texts
        and path.read_text(encoding="utf-8").startswith(f"{top_pipelines.HEAD}{folder}/")
    )


def _invalid(name: str, error: Exception) -> DataopsError:
    return DataopsError(
        "A pipeline of the product cannot be read.",
        where=f"{name}: {error}",
        fix=f"correct it, then: {COMMAND}",
    )
