"""Commands about the template and the package of a product."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from first_light.cli.terminal import Json, out, print_document, print_line, progress
from first_light.project.product import Product


def package(
    source: Annotated[
        str | None, typer.Argument(metavar="[git|vendored|index]", help="Default: only show it.")
    ] = None,
    url: Annotated[
        str, typer.Option(metavar="URL", help="The package index, a simple index; with `index`.")
    ] = "",
    json: Json = False,
) -> None:
    """Show or change where the product finds this package.

    git: the template's repository, at the product's commit. vendored: a wheel in vendor/, so that
    pipelines and image builds need no access; repeat it to renew the wheel. index: a package index,
    where `uv lock --upgrade-package first-light` finds newer versions.
    """
    from first_light.cli.output.documents import template
    from first_light.commands import package as command

    product = Product.find()
    if source is None and not url:
        shown = command.show(product)
        if json:
            print_document(template.Package(shown, False, ()))
        else:
            print_line(shown)
        return
    with progress("package", json) as report_progress:
        changed = list(command.change(product, source or "index", url, report_progress))
    if json:
        print_document(template.Package(changed[0], True, tuple(changed[1:])))
        return
    for line in changed:
        print_line(line)


def update(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change and why; change nothing.")
    ] = False,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="VERSION", help="Template version; default: the newest."),
    ] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Allow the template's migrations to run.")
    ] = False,
    moved_to: Annotated[
        str,
        typer.Option(
            "--template", metavar="ADDRESS", help="The template has moved: its address from now on."
        ),
    ] = "",
    pull_request: Annotated[
        bool,
        typer.Option("--pull-request", help="Write the update's pull request to target/update."),
    ] = False,
    json: Json = False,
) -> None:
    """Update the product to the newest version of the template.

    Only managed files are updated; the team's files are never changed.

    Exit code 0: updated, or already up to date. 1: a decision is needed. 2: could not run.
    """
    from first_light.cli.output.documents import template
    from first_light.cli.output.update import lines
    from first_light.commands import update as command
    from first_light.commands import update_request
    from first_light.project.environment import let_git_read_template

    product = Product.find()
    if moved_to:
        let_git_read_template(moved_to)
    with progress("update", json) as report_progress:
        if pull_request:
            result = update_request.prepare(product, report_progress, to, trust, template=moved_to)
        else:
            result = command.update(product, report_progress, to, trust, dry_run, moved_to)
    if json:
        print_document(template.update(result, dry_run or pull_request))
    else:
        for line in lines(result, dry_run, pull_request):
            print_line(line)
    raise typer.Exit(0 if result.clean else 1)


def configure(
    team: Annotated[str | None, typer.Option(metavar="NAME", help="The team's name.")] = None,
    contact: Annotated[str | None, typer.Option(metavar="EMAIL", help="Its address.")] = None,
    deadline: Annotated[
        str | None, typer.Option(metavar="HH:MM", help="When data must be there, in UTC.")
    ] = None,
    branch: Annotated[
        str | None, typer.Option(metavar="NAME", help="The default branch, which is released.")
    ] = None,
    ci: Annotated[
        str | None, typer.Option(metavar="SYSTEM", help="The CI system, as the template calls it.")
    ] = None,
    warehouse: Annotated[
        str | None, typer.Option(metavar="NAME", help="The warehouse, as the template calls it.")
    ] = None,
    json: Json = False,
) -> None:
    """Change an answer to the template in every file.

    Copier renders the managed files and schedules again at the product's version of the template.
    In the team's own files the old values are replaced where the template wrote them. The SQL of
    models is not converted to another warehouse; the command names what is left to do. Review
    the change with git diff, then commit it.
    """
    from first_light.cli.output.documents import template
    from first_light.commands import configure as command

    answers = {"team": team, "contact": contact, "deadline": deadline, "branch": branch, "ci": ci}
    answers["warehouse"] = warehouse
    changes = {key: value for key, value in answers.items() if value is not None}
    with progress("configure", json) as report_progress:
        result = command.configure(Product.find(), changes, report_progress)
    if json:
        print_document(template.files(result.changed, result.remaining))
        return
    for path in result.changed:
        print_line(f"  ~ {path}")
    for line in result.remaining:
        print_line(f"  left: {line}")
    is_changed = bool(result.changed)
    print_line("review it with git diff, then commit it" if is_changed else "Nothing changed.")


def own(
    path: Annotated[str, typer.Argument(help="A managed file.")],
    because: Annotated[str, typer.Option("--because", metavar="REASON", help="Why.")],
    json: Json = False,
) -> None:
    """Take ownership of a managed file; updates skip it.

    The file and the reason are recorded in .copier-answers.yml.
    """
    from first_light.cli.output.documents import template
    from first_light.project import managed

    name = managed.opt_out(Product.find(), path, because)
    if json:
        print_document(template.Ownership(name, False, (f"commit {name} and .copier-answers.yml",)))
        return
    out.print(f"{escape(name)} is yours now. Commit it together with .copier-answers.yml.")


def disown(
    path: Annotated[str, typer.Argument(help="A file that you keep as your own.")],
    json: Json = False,
) -> None:
    """Give a file back to the template; the way back from `own`.

    Copier renders the file at the product's version of the template. Your version stays in git.
    """
    from first_light.cli.output.documents import template
    from first_light.commands import disown as command

    with progress("disown", json) as report_progress:
        name = command.disown(Product.find(), path, report_progress)
    if json:
        print_document(template.Ownership(name, True, ("git diff", "git commit")))
        return
    out.print(f"{escape(name)} is managed again. Review it with git diff, then commit it.")


def pipelines(json: Json = False) -> None:
    """Write a product's pipelines to the top of its repository.

    Forges read pipelines at the top only. `start`, `update` and `configure` do this too;
    repeat it after a change of your own pipelines in the product's folder.
    """
    from first_light.cli.output.documents import template
    from first_light.forge import repository_files

    product = Product.find()
    written = repository_files.write(product) if product.prefix else ()
    changed = tuple(path.relative_to(product.repository).as_posix() for path in written)
    if json:
        print_document(template.files(changed))
        return
    if not product.prefix:
        out.print("The product is at the top of its repository: nothing to write.")
        return
    for name in changed:
        print_line(f"  ~ {name}")
    problem = repository_files.needed(product).problem
    print_line(problem or ("Commit them." if changed else "Nothing changed."))
