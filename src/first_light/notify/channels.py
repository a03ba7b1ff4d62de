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
from first_light.notify.messages import MessageText
from first_light.notify.pending import Due, closed_key, opened_key
from first_light.project import settings
from first_light.utils.errors import DataopsError
from first_light.utils.timestamps import utc
from first_light.utils.variables import variable

_LABEL = "data incident"
_SECONDS = 20
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{0,20})://")
_CODE = re.compile(r"error=(\d{3})\b")


class Channel(Protocol):
    """A place where messages go."""

    @property
    def name(self) -> str:
        """The same for the same address, and never the address."""

    def tell(self, news: Due, text: MessageText) -> tuple[tuple[str, ...], str]:
        """Tell it; returns the keys that reached it, and why others did not."""


def find_channels(environment: Mapping[str, str]) -> list[Channel]:
    """The channels that the environment names."""
    urls = settings.read_environment(environment).notify_urls.split()
    channels: list[Channel] = [Service(url) for url in urls]
    if forge := find_issues(environment, variable("issues_token")):
        channels.append(Issues(forge))
    return channels


@dataclass(frozen=True)
class Service:
    """One apprise URL: one message holds all the news."""

    url: str = field(repr=False)

    @property
    def name(self) -> str:
        scheme = _SCHEME.match(self.url.lower())
        mark = hashlib.sha256(self.url.encode()).hexdigest()[:6]
        return f"{scheme[1] if scheme else 'unknown'} {mark}"

    def tell(self, news: Due, text: MessageText) -> tuple[tuple[str, ...], str]:
        import apprise  # takes a second: only where a message is to be sent

        kind = apprise.NotifyType.FAILURE if news.opened else apprise.NotifyType.SUCCESS
        asset = apprise.AppriseAsset(
            app_id="dataops", app_desc="", app_url="", service_timeout=_SECONDS
        )
        service = apprise.Apprise(asset=asset)
        if not service.add(self.url):
            return (), "apprise does not understand its address."
        errors: list[str] = []
        is_sent = service.notify(
            title=text.title(news),
            body=text.text(news),
            notify_type=kind,
            body_format=apprise.NotifyFormat.TEXT,
            log_callback=lambda entry, _: errors.append(entry.message),
        )
        if is_sent:
            return news.keys, ""
        # Only the status is reported: the rest of the answer may hold the address.
        codes = {code for line in errors for code in _CODE.findall(line)}
        return (), f"it answered {', '.join(sorted(codes))}." if codes else "it did not answer."


@dataclass(frozen=True)
class Issues:
    """One issue an incident: opened, commented and closed. A hidden mark finds it again."""

    forge: Forge

    @property
    def name(self) -> str:
        return f"{self.forge.name} issues"

    def tell(self, news: Due, message_text: MessageText) -> tuple[tuple[str, ...], str]:
        errors: list[str] = []
        try:
            existing = self._there(news)
            for incident in news.opened:
                mark = _mark(message_text, incident)
                if mark not in existing:
                    title = f"{message_text.product}: {incident.label}"[:200]
                    number = self.forge.open_issue(
                        title, self._text(message_text, incident, mark), _LABEL
                    )
                    existing[mark] = Issue(number, mark, True)
                errors.append(opened_key(incident))
            for incident in news.closed:
                issue = existing.get(_mark(message_text, incident))
                if issue and issue.open:
                    text = message_text.closed(incident)
                    self.forge.comment_issue(issue.number, "<!-- dataops recovered -->", text)
                    self.forge.close_issue(issue.number)
                errors.append(closed_key(incident))
            if rollback := news.rollback:
                for incident in news.open:
                    if issue := existing.get(_mark(message_text, incident)):
                        mark = f"<!-- dataops rollback {rollback.number} -->"
                        self.forge.comment_issue(issue.number, mark, message_text.rollback(news))
                errors.append(f"rolled back:{rollback.run}")
        except DataopsError as error:
            needs = "give its token the right to write issues." if "allow" in error.message else ""
            return tuple(errors), " ".join(filter(None, (error.message, needs)))
        return tuple(errors), ""

    def _there(self, news: Due) -> dict[str, Issue]:
        """The issues by their mark; none is older than the oldest incident in question."""
        incidents_ = (*news.opened, *news.closed, *(news.open if news.rollback else ()))
        if not incidents_:
            return {}
        # A day more: our clock need not be theirs.
        earliest = utc(min(item.opened_at for item in incidents_) - timedelta(days=1))
        return {mark: item for item in self.forge.issues(earliest) for mark in _marks(item)}

    def _text(self, message_text: MessageText, incident: Incident, mark: str) -> str:
        lines = message_text.opened(incident).splitlines()
        return "\n".join([mark, *(f"- {line}" for line in lines)])


def _mark(text: MessageText, incident: Incident) -> str:
    """Names may hold what ends a comment in HTML: their hash does not."""
    identity = f"{text.product}\0{incident.incident}\0{incident.opened_run}"
    return f"<!-- dataops incident {hashlib.sha256(identity.encode()).hexdigest()[:16]} -->"


def _marks(issue: Issue) -> list[str]:
    return re.findall(r"<!-- dataops incident [0-9a-f]{16} -->", issue.text)
