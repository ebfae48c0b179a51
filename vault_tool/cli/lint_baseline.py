"""The acts of `vault lint` that change a baseline: accept what is found now, or drop what no longer is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from vault_tool.cli.app import App
from vault_tool.lint.baseline import (
    PRIVACY,
    Baseline,
    Key,
    Matcher,
    NoBaseline,
    accept,
    is_private,
    keys_of,
    names_of,
    prune,
    read_baseline,
    write_baseline,
)
from vault_tool.lint.finding import Finding, Linted
from vault_tool.lint.selection import select_rules
from vault_tool.messages import _, ngettext
from vault_tool.named import NamedTuple

if TYPE_CHECKING:
    from vault_tool.cli.lint_report import Wish
    from vault_tool.lint.linter import Linter


class _File(NamedTuple):
    """One file that was looked at."""

    path: PurePosixPath
    customer: str | None
    findings: Sequence[Finding]


def update_baseline(app: App, wish: Wish, linter: Linter, linted: Sequence[Linted]) -> Baseline:
    """Write the baseline that was asked for and return it; only what this run looked at is replaced."""
    assert wish.baseline is not None  # it is what is to be written
    files = [(one, linter.card(one.path)) for one in linted]
    looked_at = [_File(one.path, card and card.id, one.findings) for one, card in files]
    if wish.update == "prune":
        old = read_baseline(wish.baseline)
        matcher = Matcher(old)
        for file in looked_at:
            matcher.sort_out(*file)
        new = prune(old, matcher.met, _Scope(app, wish, looked_at, takes_privacy=True))
    else:
        old = _read_if_there(wish.baseline)
        new = accept(
            old, _found(wish, looked_at), _Scope(app, wish, looked_at, takes_privacy=wish.takes_privacy)
        )
    write_baseline(wish.baseline, new)
    count = ngettext("{count} finding", "{count} findings", len(new)).format(count=len(new))
    app.out.note(_("{file}: {findings}, {added} added, {removed} removed").format(
        file=wish.baseline, findings=count, added=(new.counts - old.counts).total(),
        removed=(old.counts - new.counts).total(),
    ))  # fmt: skip
    return new


def _read_if_there(path: Path) -> Baseline:
    try:
        return read_baseline(path)
    except NoBaseline:
        return Baseline()


def _found(wish: Wish, files: Sequence[_File]) -> list[Key]:
    return [
        keys[0]
        for file in files
        for finding, keys in keys_of(*file)
        if wish.takes_privacy or not is_private(finding)
    ]


class _Scope:
    """Tells which lines of a baseline a run can judge: of its rules, and of the notes that it looked at."""

    def __init__(self, app: App, wish: Wish, files: Sequence[_File], *, takes_privacy: bool) -> None:
        self._rules = select_rules(app.opening.settings.lint, wish.select, wish.ignore).shown
        self._takes_privacy = takes_privacy
        self._names: set[str] | None = None
        if not wish.is_whole:
            self._names = {name for file in files for name in names_of(file.path, file.customer)}

    def __call__(self, key: Key) -> bool:
        if key.rule.startswith(PRIVACY) and not self._takes_privacy:
            return False
        return key.rule in self._rules and (self._names is None or key.customer in self._names)
