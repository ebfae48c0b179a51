"""TM rules: reviews, follow-ups and silence, judged by the day that the context gives."""

from __future__ import annotations

from vault_tool.lint.rule import Rule

RULES: tuple[Rule, ...] = ()
