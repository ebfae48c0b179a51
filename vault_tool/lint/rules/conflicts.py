"""CF rules, and the files that cloud folders and half-done merges leave behind."""

from __future__ import annotations

from vault_tool.lint.rule import Rule

RULES: tuple[Rule, ...] = ()
