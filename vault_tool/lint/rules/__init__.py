"""Every rule there is, by hand, in the order of their codes."""

from __future__ import annotations

from vault_tool.lint.rule import Rule
from vault_tool.lint.rules import (
    classification,
    concision,
    conflicts,
    entries,
    files,
    front_matter,
    links,
    privacy,
    privacy_sealed,
    repairs,
    suppressions,
    timeliness,
    values,
)

_GROUPS = ("FM", "CL", "EN", "CC", "TM", "PV", "LK", "FE", "CF", "SU")

ALL_RULES: tuple[Rule, ...] = tuple(
    sorted(
        (
            *front_matter.RULES,
            *values.RULES,
            *repairs.RULES,
            *classification.RULES,
            *entries.RULES,
            *concision.RULES,
            *timeliness.RULES,
            *privacy.RULES,
            *privacy_sealed.RULES,
            *links.RULES,
            *files.RULES,
            *conflicts.RULES,
            *suppressions.RULES,
        ),
        key=lambda rule: (_GROUPS.index(rule.code[:2]), rule.code),
    )
)


def find_rule(spelling: str) -> Rule | None:
    """Return the rule of this code or name, in any case."""
    wanted = spelling.strip().casefold()
    return next((rule for rule in ALL_RULES if wanted in (rule.code.casefold(), rule.name)), None)


def manual_messages() -> tuple[str, ...]:
    """Return the manuals as message ids: what the catalogue's extraction adds to the marked strings."""
    return tuple(rule.manual for rule in ALL_RULES)
