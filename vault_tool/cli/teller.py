"""What a watcher tells, as lines: in a terminal, in a service's journal, and where wished on the desktop."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from vault_tool.cli.app import App
from vault_tool.errors import VaultError
from vault_tool.messages import _, ngettext, render
from vault_tool.vault.walk import printable

if TYPE_CHECKING:
    from vault_tool.lint.finding import Linted
    from vault_tool.sync.outcome import Outcome
    from vault_tool.watch.news import Sealed, Shared, Took, Watching

_MOST_NAMED = 3
_MOST_FINDINGS = 8


class Teller:
    """Says what the watcher tells, in calm lines; a service to its journal and, if wished, the desktop."""

    def __init__(self, app: App, is_service: bool) -> None:
        self._app = app
        self._is_service = is_service

    def __call__(self, news: Watching | Took | Sealed | Shared | VaultError) -> None:
        """Say something."""
        from vault_tool.watch.news import Sealed, Shared, Unshared, Watching

        match news:
            case VaultError():
                self._app.out.warn(render(news.message, news.values))
                if news.hint:
                    self._app.out.hint(render(news.hint, news.values))
                if isinstance(news, Unshared) and news.is_pressing:
                    self._notify(render(news.message, news.values))
            case Watching():
                self._say(self._beginning(news))
            case Sealed():
                what = _("{what}: {where}").format(
                    what=values_sealed(news.values), where=_(", ").join(_named(news.paths))
                )
                self._say(f"{self._clock()}  {what}")
            case Shared():
                self._say_shared(news.outcome)
            case _:
                self._say_taken(news)
        self._app.out.flush()

    def _beginning(self, news: Watching) -> str:
        how = news.backend or _("comparing all files")
        if news.polls:
            every = _("every {seconds} s").format(seconds=round(news.polls))
            how = f"{how}, {every}"
        count = ngettext("{count} customer", "{count} customers", news.customers).format(count=news.customers)
        text = _("Watching {root}: {count} ({how}).").format(root=news.root, count=count, how=how)
        return text if self._is_service else f"{text} {_('Ctrl-C ends it.')}"

    def _say_taken(self, news: Took) -> None:
        self._say(f"{self._clock()}  {_(', ').join(_taken(news))}")
        if news.linted:
            self._say_findings(news.linted)

    def _say_shared(self, outcome: Outcome) -> None:
        from vault_tool.sync.outcome import DISCLOSED_HINT, lines, received_lines

        said, pressing = list(lines(outcome)), list(received_lines(outcome))
        for line in said:
            self._say(f"{self._clock()}  {line}")
        for line in pressing:
            self._app.out.warn(line)
        if outcome.disclosed:
            self._app.out.hint(_(DISCLOSED_HINT))
        self._notify("\n".join((*pressing, *said)))

    def _clock(self) -> str:
        return self._app.out.style(f"{self._app.local_time(time.time()):%H:%M:%S}", "dim")

    def _say_findings(self, linted: Sequence[Linted]) -> None:
        from vault_tool.lint import report

        findings = [finding for one in linted for finding in one.findings]
        for finding in findings[:_MOST_FINDINGS]:
            self._say(f"  {report.text_line(finding, self._app.out.style)}")
        if len(findings) > _MOST_FINDINGS:
            self._say(f"  {_('... and {count} more').format(count=len(findings) - _MOST_FINDINGS)}")
        tally = report.Tally()
        for one in linted:
            tally.add(one.findings)
        if tally.matters:
            names = _(", ").join(printable(one.path) for one in linted if one.findings)
            self._notify(f"{names}\n{report.summary(tally)}")

    def _notify(self, text: str) -> None:
        if self._is_service and self._app.settings.watch.notify:
            from vault_tool.watch.notify import notify

            notify(sys.platform, text)

    def _say(self, text: str) -> None:
        # A service may have no standard output; nobody would read it.
        (self._app.out.note if self._is_service else self._app.out.line)(text)


def _taken(news: Took) -> Iterator[str]:
    """Yield what was taken in, and how many went."""
    yield from _named(news.changed)
    if news.removed:
        yield ngettext("{count} removed", "{count} removed", news.removed).format(count=news.removed)


def _named(paths: Sequence[PurePosixPath]) -> Iterator[str]:
    """Yield a few names, or how many they are."""
    if len(paths) <= _MOST_NAMED:
        yield from map(printable, paths)
    else:
        yield ngettext("{count} note", "{count} notes", len(paths)).format(count=len(paths))


def values_sealed(count: int) -> str:
    """Return how many values were sealed."""
    return ngettext("{count} value sealed", "{count} values sealed", count).format(count=count)
