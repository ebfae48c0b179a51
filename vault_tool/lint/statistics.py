"""Findings counted by rule, owner and stage, and how that has changed since the last time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from vault_tool.errors import VaultError
from vault_tool.lint.finding import Finding
from vault_tool.lint.rules import find_rule
from vault_tool.named import NamedTuple
from vault_tool.vault import files

_FILE = PurePosixPath("lint-statistics.json")
_LARGEST = 16 * 1024 * 1024


class Count(NamedTuple):
    """How many findings one rule, owner or stage has; `before` is None where nothing is known of before."""

    name: str
    findings: int
    fixable: int
    before: int | None


@dataclass(slots=True)
class Counts:
    """Findings by one trait, and how many of them a safe fix mends."""

    findings: Counter[str] = field(default_factory=Counter)
    fixable: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, findings: Iterable[Finding]) -> None:
        """Count findings under a name."""
        for finding in findings:
            self.findings[name] += 1
            self.fixable[name] += bool(finding.fix and finding.fix.is_safe)

    def ranked(self, before: Mapping[str, int] | None) -> list[Count]:
        """Return the counts, the most first; what had findings before and has none now comes too."""
        names = sorted({*self.findings, *(before or ())}, key=lambda name: (-self.findings[name], name))
        return [
            Count(
                name, self.findings[name], self.fixable[name], None if before is None else before.get(name, 0)
            )
            for name in names
        ]


class Before(NamedTuple):
    """What the last run counted, and on which day."""

    day: str
    counts: Mapping[str, Mapping[str, int]]


class Statistics:
    """Counts one run's findings, those in a baseline too: what is passed over is still there to do."""

    def __init__(self) -> None:
        self.rules, self.owners, self.stages = Counts(), Counts(), Counts()

    def add(self, owner: str | None, stage: str | None, findings: Iterable[Finding]) -> None:
        """Count the findings of one customer."""
        listed = list(findings)
        for finding in listed:
            self.rules.add(finding.code, [finding])
        self.owners.add(owner or "", listed)
        self.stages.add(stage or "", listed)

    def _groups(self) -> Iterator[tuple[str, Counts]]:
        yield "rules", self.rules
        yield "owners", self.owners
        yield "stages", self.stages

    def ranked(self, before: Before | None) -> dict[str, list[Count]]:
        """Return the counts of each group, compared with the last run's."""
        return {
            group: counts.ranked(before.counts.get(group, {}) if before else None)
            for group, counts in self._groups()
        }

    def document(self, before: Before | None) -> dict[str, object]:
        """Return all of it for JSON; no owner and no stage are an empty text."""
        found: dict[str, object] = {"since": before.day if before else None}
        for group, counts in self.ranked(before).items():
            found[group] = [
                {group[:-1]: one.name, **_name_of_rule(group, one.name), "findings": one.findings,
                 "fixable": one.fixable, "before": one.before}
                for one in counts
            ]  # fmt: skip
        return found

    def keep(self, state: Path, today: date) -> None:
        """Remember the counts, and nothing else, for the next run; a disk that takes nothing is no matter."""
        kept = {
            "day": today.isoformat(),
            **{group: dict(counts.findings) for group, counts in self._groups()},
        }
        with suppress(VaultError):
            files.replace(state, _FILE, json.dumps(kept, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _name_of_rule(group: str, code: str) -> dict[str, str]:
    rule = find_rule(code) if group == "rules" else None
    return {"name": rule.name} if rule else {}


def last_counts(state: Path) -> Before | None:
    """Return what the last run counted; None where there was none, or it can't be read."""
    try:
        kept: Any = json.loads(files.read(state, _FILE, _LARGEST).data.decode("utf-8", "surrogatepass"))
        counts = {
            group: {str(name): int(count) for name, count in kept[group].items()}
            for group in ("rules", "owners", "stages")
        }
        return Before(date.fromisoformat(kept["day"]).isoformat(), counts)
    except (VaultError, ValueError, LookupError, TypeError, AttributeError):
        return None
