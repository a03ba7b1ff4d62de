"""The twelve questions. A question's docstring is what people read: first the question, then why.

Each function answers from the evidence alone: yes, no, or unknown when nobody can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from first_light.project.settings import variable
from first_light.score.evidence import Evidence
from first_light.utils.timestamps import moment

YES, NO, UNKNOWN = "yes", "no", "unknown"
_TESTS = ("test", "unit_test")
_NOTHING = "No production run in the last 90 days."
_AGAIN = "uv run dataops release"
# Where there were only rehearsals: what was built from raw needs no word of where that is.
_RELEASE = f"{_AGAIN}, with DATAOPS_RAW set to the landing data"


@dataclass(frozen=True)
class Answer:
    """An answer.

    Attributes:
        verdict: yes, no or unknown.
        evidence: what it was told from.
        next: the next step; empty after a yes.
    """

    verdict: str
    evidence: str
    next: str = ""


def version_control(known: Evidence) -> Answer:
    """Is everything in version control?

    What is not in git can't be reviewed, repeated or taken back.
    """
    if not known.in_git:
        return Answer(NO, "There is no commit.", "uv run dataops start")
    if known.changed:
        listed = ", ".join(known.changed[:3]) + (" …" if len(known.changed) > 3 else "")
        told = f"{len(known.changed)} files differ from the commit: {listed}"
        return Answer(NO, told, "git add -A && git commit")
    return Answer(YES, "No file differs from the commit.")


def one_command(known: Evidence) -> Answer:
    """Does one command build everything from raw?

    If it takes a person and a list of steps, it will be done differently under pressure.
    """
    if not known.production:
        return Answer(UNKNOWN, _NOTHING, _RELEASE)
    if not known.published:
        told = f"{len(known.production)} tries in 90 days, none was published."
        return Answer(NO, told, "uv run dataops status")
    return Answer(YES, f"{known.published[0].run} was built from raw by `dataops release`.")


def tests_in_production(known: Evidence) -> Answer:
    """Do tests run in production on every run?

    A test that only runs on a sample says nothing about the data that people read.
    """
    if not known.published:
        return Answer(UNKNOWN, _NOTHING, _RELEASE)
    bare = [r for r in known.published if not any(n.resource_type == "test" for n in r.nodes)]
    if bare:
        told = f"{len(bare)} of {len(known.published)} releases were published without a data test."
        return Answer(NO, told, "add data_tests to your models' YAML")
    count = sum(node.resource_type in _TESTS for node in known.published[0].nodes)
    of = _count(len(known.published), "release")
    return Answer(YES, f"{_count(count, 'test')} in the last of {of}.")


def public_models(known: Evidence) -> Answer:
    """Does every public model have tests and an owner?

    Others build on what is public: they need to know that it holds, and whom to ask.
    """
    if known.manifest is None:
        return Answer(UNKNOWN, "The project was never built here.", "uv run dataops check")
    public = [model for model in known.manifest.of("model") if model.access == "public"]
    if not public:
        return Answer(UNKNOWN, "No model is public.", "set access: public on what others may use")
    bare = [m.name for m in public if not known.manifest.tests_of(m.unique_id) or not m.group]
    if bare:
        told = f"{len(bare)} of {len(public)} lack one: {_first(bare)}"
        return Answer(NO, told, f"give {bare[0]} a test and a group")
    every = (
        "The one public model has" if len(public) == 1 else f"All {len(public)} public models have"
    )
    return Answer(YES, f"{every} tests and a group.")


def tried_before_merge(known: Evidence) -> Answer:
    """Is every change tried on realistic data before it merges?

    Most errors that readers find were a change that nobody had tried.
    """
    if not known.ci:
        told = "No pipeline runs `dataops check`."
        return Answer(NO, told, "copier recopy, to get the pipeline's file back")
    if not known.sample_files:
        return Answer(NO, "The sample is empty.", "uv run dataops sample")
    if not known.remote:
        told = "The repository has no remote: nothing was ever merged through a pipeline."
        return Answer(UNKNOWN, told, "git remote add origin URL && git push -u origin main")
    sample = _count(known.sample_files, "file")
    return Answer(YES, f"{known.ci} checks each change on a sample of {sample}.")


def only_the_pipeline(known: Evidence) -> Answer:
    """Does production change only through the pipeline?

    What somebody did by hand can't be repeated by another, and leaves no review behind.
    """
    if not known.published:
        return Answer(UNKNOWN, _NOTHING, _RELEASE)
    by_hand = [r for r in known.published if r.trigger == "manual" or r.git.dirty]
    if by_hand:
        told = f"{len(by_hand)} of {len(known.published)} releases were made by hand."
        return Answer(NO, told, "let the pipeline release: --trigger push or schedule")
    return Answer(YES, f"The pipeline made all {len(known.published)} releases of 90 days.")


def rolled_back(known: Evidence) -> Answer:
    """Can it be rolled back, and was that tried in the last 30 days?

    A way back that nobody has walked is a hope.
    """
    since = known.at - timedelta(days=30)
    tried = [r for r in known.records if r.command == "rollback" and moment(r.started_at) >= since]
    if tried:
        return Answer(YES, f"{tried[0].run} made {tried[0].current} current again.")
    if known.kept < 2:
        return Answer(
            UNKNOWN,
            f"Kept: {_count(known.kept, 'release')}. There is no way back yet.",
            _AGAIN if known.production else _RELEASE,
        )
    again = "uv run dataops rollback, and then forward again: uv run dataops rollback ID"
    return Answer(NO, f"{known.kept} releases are kept, none was rolled back to.", again)


def raw_is_immutable(known: Evidence) -> Answer:
    """Is raw immutable?

    Everything can be rebuilt from raw, as long as nobody edits it.
    """
    if not known.production:
        return Answer(UNKNOWN, _NOTHING, _RELEASE)
    touched = [r for r in known.production if r.raw.modified or r.raw.removed]
    if touched:
        count = len(touched[0].raw.modified) + len(touched[0].raw.removed)
        told = f"{touched[0].run} found {count} files modified or removed."
        return Answer(NO, told, "let raw only be added to; give its writer no right to replace")
    runs = _count(len(known.production), "run")
    return Answer(YES, f"{runs} in 90 days found no file modified or removed.")


def know_before_readers(known: Evidence) -> Answer:
    """Would you know before your readers?

    That takes a freshness for each source, monitors that have a past to compare with, a message
    that reaches somebody, and a drill of the last 90 days that detected its faults; where no source
    is a file there is none, and incidents show it.
    """
    if known.manifest is None or not known.production:
        return Answer(UNKNOWN, _NOTHING, _RELEASE)
    sources = {node.name for node in known.manifest.of("source")}
    fresh = {one.name for record in known.published[:1] for one in record.freshness}
    if bare := sorted(sources - fresh):
        told = f"No freshness is checked for {_first(bare)}."
        return Answer(NO, told, f"set loaded_at_field and freshness for {bare[0]}")
    profiled = sum(bool(record.profile) for record in known.published)
    if profiled < 3:
        told = f"The monitors have {profiled} of the 3 releases that they need to compare with."
        return Answer(UNKNOWN, told, _AGAIN)
    if known.detected_by_person:
        every = known.detected_by_person + known.detected_by_check
        told = f"Of {every} incidents in 90 days people found {known.detected_by_person}."
        return Answer(NO, told, "add the test that would have found it: uv run dataops report")
    alert = (
        f"set {variable('notify_urls')}, and GITHUB_TOKEN or {variable('issues_token')} for "
        "issues, where releases are made"
    )
    if known.detected_by_check and not known.notifications:
        told = f"{_count(known.detected_by_check, 'incident')} in 90 days, and nobody was told."
        return Answer(NO, told, alert)
    drilled = _drilled(known)
    if drilled and not known.drill.ok:
        return Answer(NO, f"{drilled[0].upper()}{drilled[1:]}.", _after_a_bad_drill(known))
    if not (known.notifications or known.channels):
        return Answer(UNKNOWN, "Nothing failed, and nobody knows who would be told.", alert)
    if not drilled and any(n.meta.get("external_location") for n in known.manifest.of("source")):
        told = "No drill in the last 90 days: nobody has tried which faults are caught."
        return Answer(UNKNOWN, told, "uv run dataops drill")
    if not drilled and not known.detected_by_check:
        told = "Nothing failed yet, and no source is a file in which a drill could replay faults."
        return Answer(UNKNOWN, told, "wait: the first incident that a machine finds will tell")
    heard = f"{known.notifications} messages arrived" if known.notifications else "a channel is set"
    found = f"{_count(known.detected_by_check, 'incident')} in 90 days, all detected by a check"
    return Answer(
        YES,
        f"{_count(len(sources), 'source')} with a freshness; monitors know {profiled} releases; "
        f"{heard}; {drilled or found}.",
    )


def _drilled(known: Evidence) -> str:
    """How the last drill went; empty when there was none for so long that much may have changed."""
    if known.drilled_at is None or known.at - known.drilled_at > timedelta(days=90):
        return ""
    drill = known.drill
    rejected = (
        f" and rejected clean days {_count(drill.false_alarms, 'time')}"
        if drill.false_alarms
        else ""
    )
    return (
        f"the drill of {known.drilled_at:%Y-%m-%d} detected {drill.detected} of {drill.replayed} "
        f"faults{rejected}"
    )


def _after_a_bad_drill(known: Evidence) -> str:
    again = "then again: uv run dataops drill"
    if known.drill.missed:
        return f"write a test that finds {known.drill.missed[0]}; {again}"
    return f"look what rejects clean days; {again}"


def errors_are_counted(known: Evidence) -> Answer:
    """Are errors counted, and is there a trend?

    Without a count, whether it gets better is a matter of opinion.
    """
    told = f"{known.weeks_counted} of the last 13 weeks have production runs."
    if known.weeks_counted >= 4:
        return Answer(YES, told + " The report draws them.")
    return Answer(UNKNOWN, told + " A trend takes 4.", "release on a schedule")


def newcomers_ship(known: Evidence) -> Answer:
    """Can a newcomer ship in the first week?

    Told from the newest author's first commit: was it in production a week later?
    """
    if not known.newcomers:
        return Answer(
            UNKNOWN, "Nobody has joined yet.", "ask the next one to follow docs/first-change.md"
        )
    newest = known.newcomers[-1]
    week = newest.began + timedelta(days=7)
    if newest.released is not None and newest.released <= week:
        hours = max(0.0, (newest.released - newest.began).total_seconds() / 3600)
        return Answer(YES, f"The newest author's first commit was released after {hours:.0f} h.")
    if newest.released is None and known.at < week:
        return Answer(UNKNOWN, "The newest author's first week is not over.", "help to release it")
    told = "The newest author's first commit was not released within a week."
    return Answer(NO, told, "look what it waited for: uv run dataops releases")


def lock_is_current(known: Evidence) -> Answer:
    """Is the locked environment current?

    Old versions lose their fixes one by one, until one big step is due.
    """
    if not known.lock_there:
        return Answer(NO, "There is no uv.lock.", "uv lock")
    if known.lock_changed is None:
        return Answer(UNKNOWN, "uv.lock was never committed.", "git add uv.lock && git commit")
    days = (known.at - known.lock_changed).days
    told = f"uv.lock was last changed {max(0, days)} days ago."
    return Answer(YES, told) if days <= 90 else Answer(NO, told, "uv lock --upgrade")


def _first(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


QUESTIONS: tuple[Callable[[Evidence], Answer], ...] = (
    version_control,
    one_command,
    tests_in_production,
    public_models,
    tried_before_merge,
    only_the_pipeline,
    rolled_back,
    raw_is_immutable,
    know_before_readers,
    errors_are_counted,
    newcomers_ship,
    lock_is_current,
)
