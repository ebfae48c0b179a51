"""A rule's manual in a language of one's choice, whatever the reader's is."""

from __future__ import annotations

from vault_tool import messages
from vault_tool.lint.rule import Rule
from vault_tool.messages import Language, _


def manual_in(rule: Rule, language: Language) -> str:
    """Return a rule's manual in this language."""
    before = messages.language()
    messages.use(language)
    try:
        return _(rule.manual)
    finally:
        messages.use(before)
