"""What stands in a text for a value that is sealed, and around words that wait to be."""

from __future__ import annotations

import re

from vault_tool.notes.text import Span
from vault_tool.patterns import pattern

BASE32 = "0-9a-hjkmnp-tv-z"  # Crockford's alphabet in lower case
SEALED_REFERENCE = pattern(rf"(?<![0-9A-Za-z_-])sealed-([{BASE32}]{{8}})(?![0-9A-Za-z_-])")
_SEALING_MARK = pattern(r"(?:\{\{|｛｛)\s*(?:seal(?![A-Za-z])|封存)", re.IGNORECASE)
_BRACES = pattern(r"\{\{|｛｛|\}\}|｝｝")


def sealing_spans(text: str) -> list[Span]:
    """Find words that wait to be sealed: `{{seal: ..}}`, `{{seal finance: ..}}`, `{{封存: ..}}`.

    Generous, since what is missed here is shown: any width and case, with or without a colon, marks within
    marks; one that never closes reaches to the end.
    """
    spans: list[Span] = []
    at = 0
    while ("{{" in text or "｛｛" in text) and (found := _SEALING_MARK.search(text, at)):
        depth, at = 1, len(text)
        for brace in _BRACES.finditer(text, found.end()):
            depth += 1 if brace[0] in ("{{", "｛｛") else -1
            if depth == 0:
                at = brace.end()
                break
        spans.append(Span(found.start(), at))
    return spans
