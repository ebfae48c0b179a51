"""Every rule there is, by hand, in the order of their codes."""

from __future__ import annotations

from vault_tool.lint.rule import Rule
from vault_tool.lint.rules import (
    classification,
    entries,
    files,
    front_matter,
    repairs,
    suppressions,
    values,
)

ALL_RULES: tuple[Rule, ...] = tuple(
    sorted(
        (
            *front_matter.RULES,
            *values.RULES,
            *repairs.RULES,
            *classification.RULES,
            *entries.RULES,
            *files.RULES,
            *suppressions.RULES,
        ),
        key=lambda rule: (("FM", "CL", "EN", "FE", "SU").index(rule.code[:2]), rule.code),
    )
)


def find_rule(spelling: str) -> Rule | None:
    """Return the rule of this code or name, in any case."""
    wanted = spelling.strip().casefold()
    return next((rule for rule in ALL_RULES if wanted in (rule.code.casefold(), rule.name)), None)


def manual_messages() -> tuple[str, ...]:
    """Return the manuals as message ids: what the catalogue's extraction adds to the marked strings."""
    return tuple(rule.manual for rule in ALL_RULES)
