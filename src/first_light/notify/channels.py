"""The channels of a team: apprise's services, and issues of the forge.

DATAOPS_NOTIFY_URLS    apprise URLs, separated by white space; they are secrets
DATAOPS_ISSUES_TOKEN   may open issues, where the pipeline's own token may not
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from first_light.forge.base import Forge, Issue
from first_light.forge.pipeline import find_issues
from first_light.incidents.derive import Incident
from first_light.notify.messages import Words
from first_light.notify.pending import Due, closed_key, opened_key
from first_light.project import settings
from first_light.utils.errors import DataopsError
from first_light.utils.timestamps import utc

_LABEL = "data incident"
_SECONDS = 20
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{0,20})://")
_CODE = re.compile(r"error=(\d{3})\b")


class Channel(Protocol):
    """Somebody who can be told."""

    @property
    def name(self) -> str:
        """The same for the same address, and never the address."""

    def tell(self, news: Due, words: Words) -> tuple[tuple[str, ...], str]:
        """Tell it; returns the keys that reached it, and why others did not."""


def find_channels(environment: Mapping[str, str]) -> list[Channel]:
    """The channels that the environment names."""
    urls = settings.read_environment(environment).notify_urls.split()
    found: list[Channel] = [Service(url) for url in urls]
    if forge := find_issues(environment, settings.variable("issues_token")):
        found.append(Issues(forge))
    return found


@dataclass(frozen=True)
class Service:
    """One apprise URL: one message holds all the news."""

    url: str = field(repr=False)

    @property
    def name(self) -> str:
        scheme = _SCHEME.match(self.url.lower())
        mark = hashlib.sha256(self.url.encode()).hexdigest()[:6]
        return f"{scheme[1] if scheme else 'unknown'} {mark}"

    def tell(self, news: Due, words: Words) -> tuple[tuple[str, ...], str]:
        import apprise  # takes a second: only where somebody is to be told

        kind = apprise.NotifyType.FAILURE if news.opened else apprise.NotifyType.SUCCESS
        asset = apprise.AppriseAsset(
            app_id="dataops", app_desc="", app_url="", service_timeout=_SECONDS
        )
        service = apprise.Apprise(asset=asset)
        if not service.add(self.url):
            return (), "apprise does not understand its address."
        said: list[str] = []
        sent = service.notify(
            title=words.title(news),
            body=words.text(news),
            notify_type=kind,
            body_format=apprise.NotifyFormat.TEXT,
            log_callback=lambda entry, _: said.append(entry.message),
        )
        if sent:
            return news.keys, ""
        # Of what was said only the status is told: the rest may hold the address.
        codes = {code for line in said for code in _CODE.findall(line)}
        return (), f"it answered {', '.join(sorted(codes))}." if codes else "it did not answer."


@dataclass(frozen=True)
class Issues:
    """One issue an incident: opened, commented and closed. A hidden mark finds it again."""

    forge: Forge

    @property
    def name(self) -> str:
        return f"{self.forge.name} issues"

    def tell(self, news: Due, words: Words) -> tuple[tuple[str, ...], str]:
        done: list[str] = []
        try:
            there = self._there(news)
            for one in news.opened:
                mark = _mark(words, one)
                if mark not in there:
                    title = f"{words.product}: {one.label}"[:200]
                    number = self.forge.open_issue(title, self._text(words, one, mark), _LABEL)
                    there[mark] = Issue(number, mark, True)
                done.append(opened_key(one))
            for one in news.closed:
                issue = there.get(_mark(words, one))
                if issue and issue.open:
                    text = words.closed(one)
                    self.forge.comment_issue(issue.number, "<!-- dataops recovered -->", text)
                    self.forge.close_issue(issue.number)
                done.append(closed_key(one))
            if back := news.rollback:
                for one in news.open:
                    if issue := there.get(_mark(words, one)):
                        mark = f"<!-- dataops rollback {back.number} -->"
                        self.forge.comment_issue(issue.number, mark, words.rollback(news))
                done.append(f"rolled back:{back.run}")
        except DataopsError as error:
            needs = "give its token the right to write issues." if "allow" in error.what else ""
            return tuple(done), " ".join(filter(None, (error.what, needs)))
        return tuple(done), ""

    def _there(self, news: Due) -> dict[str, Issue]:
        """The issues by their mark; none is older than the oldest incident in question."""
        known = (*news.opened, *news.closed, *(news.open if news.rollback else ()))
        if not known:
            return {}
        # A day more: our clock need not be theirs.
        since = utc(min(one.opened_at for one in known) - timedelta(days=1))
        return {mark: one for one in self.forge.issues(since) for mark in _marks(one)}

    def _text(self, words: Words, one: Incident, mark: str) -> str:
        lines = words.opened(one).splitlines()
        return "\n".join([mark, *(f"- {line}" for line in lines)])


def _mark(words: Words, one: Incident) -> str:
    """Names may hold what ends a comment in HTML: their hash does not."""
    said = f"{words.product}\0{one.incident}\0{one.opened_run}"
    return f"<!-- dataops incident {hashlib.sha256(said.encode()).hexdigest()[:16]} -->"


def _marks(issue: Issue) -> list[str]:
    return re.findall(r"<!-- dataops incident [0-9a-f]{16} -->", issue.text)
