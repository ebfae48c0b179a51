"""PV rules: secrets that stand in the clear, and sealed values that are broken."""

from __future__ import annotations

from vault_tool.lint.rule import Rule

RULES: tuple[Rule, ...] = ()
