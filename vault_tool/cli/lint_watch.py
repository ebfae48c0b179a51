"""`vault lint --watch`: checks again whenever something changes, and tells what is new and what is gone."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import PurePosixPath

from vault_tool.cli.app import App
from vault_tool.cli.lint import linter_for
from vault_tool.cli.lint_report import Reporter, Wish, without_known
from vault_tool.errors import Exit, VaultError
from vault_tool.lint import report
from vault_tool.lint.finding import Finding, Linted
from vault_tool.lint.linter import Linter
from vault_tool.lint.report import Tally
from vault_tool.messages import _, render
from vault_tool.vault.opening import open_root
from vault_tool.vault.walk import printable
from vault_tool.watch.dirty import Dirty
from vault_tool.watch.events import is_setting
from vault_tool.watch.listening import Listening

# Where the system tells of every change, a look at everything now and then costs little.
LOOK_SECONDS = 300.0


def watch_findings(app: App, wish: Wish, wanted: Sequence[PurePosixPath]) -> Exit:
    """Check, then check again what changes until Ctrl-C, which ends it well."""
    watch = _Watch(app, wish, wanted)
    with suppress(KeyboardInterrupt):
        watch.run()
    return Exit.OK


class _Watch:
    """One session: what was found last, and what is listened to."""

    def __init__(self, app: App, wish: Wish, wanted: Sequence[PurePosixPath]) -> None:
        self._app = app
        self._wish = wish
        self._wanted = wanted
        self._opening = app.opening
        self._dirty = Dirty()
        self._listening = Listening(app.root, app.opening.places.make().state, self._dirty, time.monotonic)
        self._found: dict[PurePosixPath, list[Finding]] = {}

    def run(self) -> None:
        """Watch for as long as nobody interrupts."""
        # First listen, then look: so no change in between is missed.
        if refused := self._listening.start():
            self._warn(refused)
        try:
            self._begin()
            while True:
                self._wait()
                self._look()
        finally:
            self._listening.stop()

    def _begin(self) -> None:
        out = self._app.out
        linter = linter_for(self._app, self._wish)
        linted = list(linter.lint(self._wanted))
        Reporter(self._app, self._wish, linter).show(linted)
        self._found = self._new(linted, linter)
        out.note(_("Watching {root}. {end}").format(root=self._app.root, end=_("Ctrl-C ends it.")))
        out.flush()

    def _wait(self) -> None:
        """Return when something has to be looked at."""
        look = time.monotonic() + (self._listening.polls or LOOK_SECONDS)
        while (now := time.monotonic()) < look:
            due, repair = self._dirty.due_at(), self._listening.repair_at()
            if due is not None and now >= due:
                break
            if repair is not None and now >= repair:
                self._listening.repair()
                break
            self._dirty.wait(look if repair is None else min(look, repair))
        self._listening.check()

    def _look(self) -> None:
        hints = self._dirty.take()
        try:
            if any(map(is_setting, hints.paths)):
                self._opening = open_root(self._app.root, self._app.env)
            began = time.monotonic()
            linter = linter_for(self._app, self._wish, self._opening)
            found = self._new(linter.lint(self._wanted), linter)
            self._listening.took(time.monotonic() - began)
        except VaultError as error:
            self._warn(error)  # a setting that is half typed: what was said before holds
            return
        self._tell(found, [path for path in map(PurePosixPath, hints.paths) if path in found])
        self._found = found

    def _new(self, linted: Iterable[Linted], linter: Linter) -> dict[PurePosixPath, list[Finding]]:
        new = without_known(linted, linter, self._wish.baseline)
        return {one.path: one.findings for one in new}

    def _tell(self, found: dict[PurePosixPath, list[Finding]], saved: Sequence[PurePosixPath]) -> None:
        """Say what was found in the notes that were saved, and what has come or gone anywhere else."""
        told = [path for path in found if path in saved or _said(found[path]) != _said(self._found.get(path))]
        gone = [path for path, findings in self._found.items() if findings and path not in found]
        if not told and not gone:
            return
        out = self._app.out
        tally = Tally()
        for findings in found.values():
            tally.add(findings)
        clock = f"{self._app.local_time(time.time()):%H:%M:%S}"
        out.line(f"{out.style(clock, 'dim')}  {report.summary(tally)}")
        for path in told:
            for finding in found[path]:
                is_short = self._wish.format == "concise"
                line = report.concise_line(finding) if is_short else report.text_line(finding, out.style)
                out.line(f"  {line}")
            if not found[path]:
                out.line(f"  {_('{path}: nothing found').format(path=printable(path))}")
        out.flush()

    def _warn(self, error: VaultError) -> None:
        self._app.out.warn(render(error.message, error.values))
        if error.hint:
            self._app.out.hint(render(error.hint, error.values))
        self._app.out.flush()


def _said(findings: Sequence[Finding] | None) -> list[tuple[object, ...]]:
    """Return what makes two states of a note differ for a reader."""
    return [(finding.code, finding.start, report.render_message(finding)) for finding in findings or ()]
