"""CC rules: short sentences, short entries, key points that stand out, days that say which."""

from __future__ import annotations

from vault_tool.lint.rule import Rule

RULES: tuple[Rule, ...] = ()
