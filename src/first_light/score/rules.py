"""The twelve questions. A question's docstring is what people read: first the question, then why.

Each function answers from the evidence alone: yes, no, or unknown without evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from first_light.hooks.project_rules import open_descriptions
from first_light.score.evidence import Evidence
from first_light.utils.timestamps import moment
from first_light.utils.variables import variable

YES, NO, UNKNOWN = "yes", "no", "unknown"
_TESTS = ("test", "unit_test")
_NO_RUNS = "No production run in the last 90 days."
_RELEASE_FIX = "uv run dataops release"
# Where there were only rehearsals: what was built from raw needs no word of where that is.
_RELEASE = f"{_RELEASE_FIX}, with DATAOPS_RAW set to the landing data"


@dataclass(frozen=True)
class Answer:
    """An answer.

    Attributes:
        verdict: yes, no or unknown.
        evidence: what the answer is based on.
        next: the next step; empty after a yes.
    """

    verdict: str
    evidence: str
    next: str = ""


def version_control(evidence: Evidence) -> Answer:
    """Is everything in version control?

    What is not in git can't be reviewed, repeated or taken back.
    """
    if not evidence.in_git:
        return Answer(NO, "There is no commit.", "uv run dataops start")
    if evidence.changed:
        listed = ", ".join(evidence.changed[:3]) + (" …" if len(evidence.changed) > 3 else "")
        message = f"{len(evidence.changed)} files differ from the commit: {listed}"
        return Answer(NO, message, "git add -A && git commit")
    return Answer(YES, "No file differs from the commit.")


def one_command(evidence: Evidence) -> Answer:
    """Does one command build everything from raw?

    If it takes a person and a list of steps, it will be done differently under pressure.
    """
    if not evidence.production:
        return Answer(UNKNOWN, _NO_RUNS, _RELEASE)
    if not evidence.published:
        message = f"{len(evidence.production)} attempts in 90 days, none was published."
        return Answer(NO, message, "uv run dataops status")
    return Answer(YES, f"{evidence.published[0].run} was built from raw by `dataops release`.")


def tests_in_production(evidence: Evidence) -> Answer:
    """Do tests run in production on every run?

    A test that only runs on a sample says nothing about the data that people read.
    """
    if not evidence.published:
        return Answer(UNKNOWN, _NO_RUNS, _RELEASE)
    untested = [
        r for r in evidence.published if not any(n.resource_type == "test" for n in r.nodes)
    ]
    if untested:
        message = (
            f"{len(untested)} of {len(evidence.published)} releases were published "
            "without a data test."
        )
        return Answer(NO, message, "add data_tests to your models' YAML")
    count = sum(node.resource_type in _TESTS for node in evidence.published[0].nodes)
    of = _count(len(evidence.published), "release")
    message = f"{_count(count, 'test')} in the last of {of}."
    if survivors := evidence.strength.changed - evidence.strength.stopped:
        message += (
            f" But of {evidence.strength.changed} changes of the product's own SQL that alter a "
            f"result they let {survivors} through, such as {evidence.strength.survivors[0]}."
        )
        return Answer(NO, message, "add the unit test that this drafts: uv run dataops mutate")
    if evidence.strength.changed:
        message += (
            f" They stop {evidence.strength.tested} of {evidence.strength.changed} changes of the "
            "product's own SQL that alter a result, a declaration the others."
        )
    return Answer(YES, message)


def public_models(evidence: Evidence) -> Answer:
    """Does every public model have tests, an owner and descriptions?

    Others build on what is public: they need to know what it means, that it holds, and whom to ask.
    """
    if evidence.manifest is None:
        return Answer(UNKNOWN, "The project was never built here.", "uv run dataops check")
    public = [model for model in evidence.manifest.of("model") if model.access == "public"]
    if not public:
        return Answer(UNKNOWN, "No model is public.", "set access: public on what others may use")
    incomplete = [
        m.name for m in public if not evidence.manifest.tests_of(m.unique_id) or not m.group
    ]
    if incomplete:
        message = f"{len(incomplete)} of {len(public)} lack one: {_listed(incomplete)}"
        return Answer(NO, message, f"give {incomplete[0]} a test and a group")
    undescribed = open_descriptions(evidence.manifest)
    names = {model.name for model in public}
    if lacking := [name for name in undescribed if name.partition(".")[0] in names]:
        message = (
            f"{_count(len(lacking), 'description')} of public models and {len(undescribed)} of all "
            f"are still TODO: {_listed(lacking)}"
        )
        return Answer(NO, message, f"describe {lacking[0]} in its YAML")
    summary = (
        "The one public model has" if len(public) == 1 else f"All {len(public)} public models have"
    )
    return Answer(YES, f"{summary} tests, a group and descriptions.")


def tried_before_merge(evidence: Evidence) -> Answer:
    """Is every change tried on realistic data before it merges?

    Most errors that readers find were a change that nobody had tried.
    """
    if not evidence.ci:
        message = "No pipeline runs `dataops check`."
        return Answer(NO, message, "copier recopy, to get the pipeline's file back")
    if not evidence.sample_files:
        return Answer(NO, "The sample is empty.", "uv run dataops sample")
    if not evidence.remote:
        message = "The repository has no remote: nothing was ever merged through a pipeline."
        return Answer(UNKNOWN, message, "git remote add origin URL && git push -u origin main")
    sample = _count(evidence.sample_files, "file")
    return Answer(YES, f"{evidence.ci} checks each change on a sample of {sample}.")


def only_the_pipeline(evidence: Evidence) -> Answer:
    """Does production change only through the pipeline?

    What somebody did by hand can't be repeated by another, and leaves no review behind.
    """
    if not evidence.published:
        return Answer(UNKNOWN, _NO_RUNS, _RELEASE)
    by_hand = [r for r in evidence.published if r.trigger == "manual" or r.git.dirty]
    if by_hand:
        message = f"{len(by_hand)} of {len(evidence.published)} releases were made by hand."
        return Answer(NO, message, "let the pipeline release: --trigger push or schedule")
    return Answer(YES, f"The pipeline made all {len(evidence.published)} releases of 90 days.")


def rolled_back(evidence: Evidence) -> Answer:
    """Can it be rolled back, and was that tried in the last 30 days?

    A way back that nobody has walked is a hope.
    """
    since = evidence.at - timedelta(days=30)
    rollbacks = [
        r for r in evidence.records if r.command == "rollback" and moment(r.started_at) >= since
    ]
    if rollbacks:
        return Answer(YES, f"{rollbacks[0].run} made {rollbacks[0].current} current again.")
    if evidence.kept < 2:
        return Answer(
            UNKNOWN,
            f"Kept: {_count(evidence.kept, 'release')}. A rollback is not possible yet.",
            _RELEASE_FIX if evidence.production else _RELEASE,
        )
    fix = "uv run dataops rollback, and then forward again: uv run dataops rollback ID"
    return Answer(NO, f"{evidence.kept} releases are kept, none was rolled back to.", fix)


def raw_is_immutable(evidence: Evidence) -> Answer:
    """Is raw immutable?

    Everything can be rebuilt from raw, as long as nobody edits it.
    """
    if not evidence.production:
        return Answer(UNKNOWN, _NO_RUNS, _RELEASE)
    touched = [r for r in evidence.production if r.raw.modified or r.raw.removed]
    if touched:
        count = len(touched[0].raw.modified) + len(touched[0].raw.removed)
        message = f"{touched[0].run} found {count} files modified or removed."
        return Answer(
            NO, message, "only add files to raw; do not allow its writers to replace files"
        )
    runs = _count(len(evidence.production), "run")
    return Answer(YES, f"{runs} in 90 days found no file modified or removed.")


def know_before_readers(evidence: Evidence) -> Answer:
    """Would you know before your readers?

    That takes a freshness rule or a known rhythm for each source, none that has stopped, monitors
    that have a past to compare with, a message that reaches somebody, and a drill of the last 90
    days that detected its faults; where no source is a file there is none, and incidents show it.
    """
    if evidence.manifest is None or not evidence.production:
        return Answer(UNKNOWN, _NO_RUNS, _RELEASE)
    sources = {node.name for node in evidence.manifest.of("source")}
    fresh = {check.name for record in evidence.published[:1] for check in record.freshness}
    if stale := [source for source in evidence.sources if source.problem]:
        return Answer(NO, stale[0].problem, "uv run dataops status")
    rhythmic = {source.name for source in evidence.sources if source.due_at}
    if unchecked := sorted(sources - fresh - rhythmic):
        message = f"No freshness is checked for {_listed(unchecked)}."
        return Answer(NO, message, f"set loaded_at_field and freshness for {unchecked[0]}")
    profiled = sum(bool(record.profile) for record in evidence.published)
    if profiled < 3:
        message = f"The monitors have {profiled} of the 3 releases that they need to compare with."
        return Answer(UNKNOWN, message, _RELEASE_FIX)
    if evidence.detected_by_person:
        total = evidence.detected_by_person + evidence.detected_by_check
        message = f"Of {total} incidents in 90 days people found {evidence.detected_by_person}."
        return Answer(NO, message, "add the test that would have found it: uv run dataops report")
    alert = (
        f"set {variable('notify_urls')}, and GITHUB_TOKEN or {variable('issues_token')} for "
        "issues, where releases are made"
    )
    if evidence.detected_by_check and not evidence.notifications:
        incidents = _count(evidence.detected_by_check, "incident")
        message = f"{incidents} in 90 days, and no notification was sent."
        return Answer(NO, message, alert)
    drilled = _drilled(evidence)
    if drilled and not evidence.drill.ok:
        return Answer(NO, f"{drilled[0].upper()}{drilled[1:]}.", _after_a_bad_drill(evidence))
    if not (evidence.notifications or evidence.channels):
        return Answer(UNKNOWN, "Nothing failed, and no notification channel is set.", alert)
    if not drilled and any(n.meta.get("external_location") for n in evidence.manifest.of("source")):
        message = "No drill in the last 90 days: it is unknown which faults are detected."
        return Answer(UNKNOWN, message, "uv run dataops drill")
    if not drilled and not evidence.detected_by_check:
        message = (
            "Nothing failed yet, and no source is a file in which a drill could replay faults."
        )
        return Answer(UNKNOWN, message, "wait for the first detected incident")
    notified = (
        f"{evidence.notifications} messages arrived"
        if evidence.notifications
        else "a channel is set"
    )
    summary = (
        f"{_count(evidence.detected_by_check, 'incident')} in 90 days, all detected by a check"
    )
    return Answer(
        YES,
        f"{_count(len(sources), 'source')} with a freshness; monitors know {profiled} releases; "
        f"{notified}; {drilled or summary}.",
    )


def _drilled(evidence: Evidence) -> str:
    """How the last drill went; empty when there was none for so long that much may have changed."""
    if evidence.drilled_at is None or evidence.at - evidence.drilled_at > timedelta(days=90):
        return ""
    drill = evidence.drill
    rejected = (
        f" and rejected clean days {_count(drill.false_alarms, 'time')}"
        if drill.false_alarms
        else ""
    )
    return (
        f"the drill of {evidence.drilled_at:%Y-%m-%d} detected {drill.detected} of "
        f"{drill.replayed} faults{rejected}"
    )


def _after_a_bad_drill(evidence: Evidence) -> str:
    repeat = "then again: uv run dataops drill"
    if evidence.drill.missed:
        return f"write a test that finds {evidence.drill.missed[0]}; {repeat}"
    return f"check what rejects clean days; {repeat}"


def errors_are_counted(evidence: Evidence) -> Answer:
    """Are errors counted, and is there a trend?

    Without a count, whether it gets better is a matter of opinion.
    """
    message = f"{evidence.weeks_counted} of the last 13 weeks have production runs."
    if evidence.weeks_counted >= 4:
        return Answer(YES, message + " The report draws them.")
    return Answer(UNKNOWN, message + " A trend takes 4.", "release on a schedule")


def newcomers_ship(evidence: Evidence) -> Answer:
    """Can a newcomer ship in the first week?

    Measured on the newest contributor: was their first commit in production within a week?
    """
    if not evidence.newcomers:
        return Answer(
            UNKNOWN,
            "There is no new contributor.",
            "ask the next one to follow docs/first-change.md",
        )
    newest = evidence.newcomers[-1]
    week = newest.began + timedelta(days=7)
    if newest.released is not None and newest.released <= week:
        hours = max(0.0, (newest.released - newest.began).total_seconds() / 3600)
        return Answer(YES, f"The newest author's first commit was released after {hours:.0f} h.")
    if newest.released is None and evidence.at < week:
        return Answer(UNKNOWN, "The newest author's first week is not over.", "help to release it")
    message = "The newest author's first commit was not released within a week."
    return Answer(NO, message, "check what delayed it: uv run dataops releases")


def lock_is_current(evidence: Evidence) -> Answer:
    """Is the locked environment current?

    Old versions lose their fixes one by one, until one big step is due.
    """
    if not evidence.lock_there:
        return Answer(NO, "There is no uv.lock.", "uv lock")
    if evidence.lock_changed is None:
        return Answer(UNKNOWN, "uv.lock was never committed.", "git add uv.lock && git commit")
    days = (evidence.at - evidence.lock_changed).days
    message = f"uv.lock was last changed {max(0, days)} days ago."
    return Answer(YES, message) if days <= 90 else Answer(NO, message, "uv lock --upgrade")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


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
