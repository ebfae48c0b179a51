"""Which rules are on, how much each matters, and which of them this run shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import translate
from pathlib import PurePosixPath
from types import MappingProxyType

from vault_tool.errors import Exit, VaultError
from vault_tool.lint.rule import Rule, Severity
from vault_tool.lint.rules import ALL_RULES, find_rule
from vault_tool.messages import N_
from vault_tool.vault.settings import LintSettings


class UnknownRule(VaultError):
    """A rule was named that isn't one."""

    message = N_("There is no rule {name}.")
    hint = N_(
        "`vault rule --all` lists them. A code (FM005), a name (unknown-field) or a group (FM) will do."
    )
    exit_code = Exit.USAGE


class UnknownRuleNear(UnknownRule):
    """A rule was named that isn't one, but much like one."""

    message = N_("There is no rule {name}; did you mean {nearest}?")


@dataclass(frozen=True, slots=True)
class Selection:
    """The rules that are on by the vault's settings, and those whose findings are shown.

    Suppressions are judged by what is on: looking at one rule must not make every other comment useless.
    """

    active: tuple[Rule, ...]
    shown: frozenset[str]
    severities: Mapping[str, Severity]
    per_file: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = ()

    def severity(self, rule: Rule) -> Severity:
        """Return how much a rule's findings matter here."""
        return self.severities.get(rule.code, rule.severity)

    def milder(self, code: str) -> Selection:
        """Return the same rules, one of them an info only, unless the settings say how much it matters."""
        return replace(self, severities={code: Severity.INFO, **self.severities})

    def is_off_for(self, path: PurePosixPath) -> frozenset[str]:
        """Return the codes that the settings switch off for one file."""
        if not self.per_file:
            return frozenset()
        text = str(path)
        return frozenset().union(*(codes for pattern, codes in self.per_file if pattern.match(text)))


def select_rules(settings: LintSettings, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> Selection:
    """Return the rules to run: the vault's settings, then what this command selects and ignores.

    A selector is a code, a name, a group (`FM`), `all`, or `default`. Raises `UnknownRule`.
    """
    off = {code for name, level in settings.severity.items() if level == "off" for code in codes_of([name])}
    configured = (codes_of(settings.select) or codes_of(["default"])) - codes_of(settings.ignore) - off
    wanted = codes_of(select)
    shown = (wanted or configured) - codes_of(ignore)
    severities = {
        code: Severity(level)
        for name, level in settings.severity.items()
        if level != "off"
        for code in codes_of([name])
    }
    return Selection(
        active=tuple(rule for rule in ALL_RULES if rule.code in configured | shown),
        shown=frozenset(shown),
        severities=MappingProxyType(severities),
        per_file=tuple(
            (re.compile(translate(glob)), frozenset(codes_of(names)))
            for glob, names in settings.per_file_ignores.items()
        ),
    )


def codes_of(selectors: Iterable[str]) -> set[str]:
    """Return the codes that some selectors mean; commas part them as well. Raises `UnknownRule`."""
    found: set[str] = set()
    for selector in selectors:
        for name in filter(None, (part.strip() for part in re.split(r"[,，]", selector))):
            found |= _codes(name)
    return found


def _codes(name: str) -> set[str]:
    if name.casefold() == "all":
        return {rule.code for rule in ALL_RULES}
    if name.casefold() == "default":
        return {rule.code for rule in ALL_RULES if rule.is_default}
    if rule := find_rule(name):
        return {rule.code}
    group = {rule.code for rule in ALL_RULES if rule.code.startswith(name.upper())}
    if not group:
        raise unknown_rule(name)
    return group


def unknown_rule(name: str) -> UnknownRule:
    """Return the error for a name that no rule has, with the nearest one."""
    from difflib import get_close_matches  # only a misspelling pays for it

    spellings = {spelling: rule.name for rule in ALL_RULES for spelling in (rule.name, rule.code.casefold())}
    close = get_close_matches(name.casefold(), spellings, n=1)
    return UnknownRuleNear(name=name, nearest=spellings[close[0]]) if close else UnknownRule(name=name)
