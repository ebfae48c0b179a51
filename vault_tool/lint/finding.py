"""What the linter hands out: findings, and each file after its turn.

Light: who only shows them need load no rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from vault_tool.named import NamedTuple

if TYPE_CHECKING:
    from vault_tool.lint.rule import Rule
    from vault_tool.notes.text import Edit, Span
    from vault_tool.vault.journal import Change

FixKind = Literal["safe", "unsafe"]
Mending = Literal["none", "safe", "unsafe"]


class Severity(StrEnum):
    """How much a finding matters; errors and warnings make the exit status 1."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Phrase(NamedTuple):
    """A message id with the values for its places: translated where it is shown."""

    message: str
    values: Mapping[str, object] = {}


class Fix(NamedTuple):
    """How to mend: safe when nothing but what the finding names will read differently.

    Of a finding that another run or process has made, only the kind is known: it brings no edits.
    """

    edits: tuple[Edit, ...]
    is_safe: bool = True

    @property
    def kind(self) -> FixKind:
        """The word for it in JSON."""
        return "safe" if self.is_safe else "unsafe"


class Finding(NamedTuple):
    """One flaw in one file, ready to be shown: positions count from 1, in characters.

    `excerpt` is the first line it stands in; sealed values are masked in it.
    """

    path: PurePosixPath
    code: str
    name: str
    severity: Severity
    span: Span
    start: tuple[int, int]
    end: tuple[int, int]
    message: str
    values: Mapping[str, object]
    fix: Fix | None = None
    excerpt: str = ""

    @property
    def rule(self) -> Rule:
        """The rule that found it."""
        from vault_tool.lint.rules import find_rule  # here: who shows a finding has its code and name

        rule = find_rule(self.code)
        assert rule is not None  # it was a rule that found this
        return rule

    @property
    def matters(self) -> bool:
        """Tell whether it makes the exit status 1."""
        return self.severity is not Severity.INFO


class Linted(NamedTuple):
    """One file after its turn: what is (still) wrong, and the change that mending asks for."""

    place: PurePosixPath | str
    findings: list[Finding]
    fixed: int = 0
    change: Change | None = None
    before: str = ""
    after: str = ""

    @property
    def path(self) -> PurePosixPath:
        """The file's path in the vault; made when it is asked for, since most files are only counted."""
        return PurePosixPath(self.place)
