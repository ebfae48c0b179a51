"""LK rules: links, duplicates and owners, judged by what the context knows of the other customers."""

from __future__ import annotations

from vault_tool.lint.rule import Rule

RULES: tuple[Rule, ...] = ()
