"""Writing one YAML scalar so that every reader, ours and others', gets back the same text."""

from __future__ import annotations

import re

from vault_tool.patterns import pattern
from vault_tool.schema import FieldType

_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`")
_PLAIN_BREAKERS = pattern(r":(?:[ \t]|\Z)|[ \t]#|\A(?:---|\.\.\.)")
_FLOW_BREAKERS = frozenset(",[]{}")
# What YAML 1.1 readers take for something else than text (yaml.org/type: bool, null, int, float, timestamp).
_AMBIGUOUS = pattern(
    r"(?:y|n|yes|no|on|off|true|false|null|~|[-+]?[0-9][0-9_,]*|0o?[0-7_]+|0x[0-9a-f_]+|0b[01_]+"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"
    r"|[-+]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9_]+)(?:e[-+]?[0-9]+)?|[-+]?\.inf|\.nan|=|<<"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?)\Z",
    re.IGNORECASE | re.ASCII,
)
_TYPED = frozenset({FieldType.DATE, FieldType.DATED, FieldType.DAYS, FieldType.NUMBER, FieldType.AMOUNT})
_NAMED_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\x85": "\\N"}
_NAMED_ESCAPES |= {"\u2028": "\\L", "\u2029": "\\P"}


def is_ambiguous(text: str) -> bool:
    """Tell whether YAML 1.1 takes an unquoted text for a number, a truth value, a time or nothing."""
    return bool(_AMBIGUOUS.match(text))


def can_be_plain(text: str, in_flow: bool = False) -> bool:
    """Tell whether a text may stand without quotes and still be one scalar of the same text."""
    if not text or text != text.strip() or _PLAIN_BREAKERS.search(text):
        return False
    if text[0] in _INDICATORS and not (text[0] in "-?:" and len(text) > 1 and not text[1].isspace()):
        return False
    if in_flow and (not _FLOW_BREAKERS.isdisjoint(text) or text[0] in "-?:"):
        return False
    return all(_is_printable(char) for char in text)


def render_scalar(text: str, style: str, field_type: FieldType, in_flow: bool = False) -> str:
    """Return a text as YAML in the style it had; quoted where plain would change its meaning.

    Block styles become plain or double-quoted. Raises `ValueError` for text that UTF-8 can't hold.
    """
    text.encode()
    if style == "single" and all(_is_printable(char) for char in text):
        return "'" + text.replace("'", "''") + "'"
    is_plain = can_be_plain(text, in_flow) and (field_type in _TYPED or not is_ambiguous(text))
    if style != "double" and is_plain:
        return text
    return double_quoted(text)


def double_quoted(text: str) -> str:
    """Return a text in double quotes, with what YAML can't hold escaped."""
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if named := _NAMED_ESCAPES.get(char):
        return named
    if _is_printable(char):
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _is_printable(char: str) -> bool:
    """Tell whether a character may stand in a one-line scalar (YAML 1.1, 5.1, less the line breaks)."""
    code = ord(char)
    if code < 0x20 or 0x7F <= code < 0xA0:
        return False
    return code not in (0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF) and not 0xD800 <= code < 0xE000
