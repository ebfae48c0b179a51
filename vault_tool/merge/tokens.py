"""Three-way merge of the sealed block: a set of tokens by `vid`, of which those stay that are referred to."""

from __future__ import annotations

import re

from vault_tool.merge.choice import merged_order, settle
from vault_tool.named import NamedTuple
from vault_tool.notes.blocks import SealedBlock
from vault_tool.notes.sealing_marks import BASE32, SEALED_REFERENCE

_OPENING = "<!-- vault:sealed\n"
_VID = re.compile(rf"[{BASE32}]{{8}}")
# `sealed.v1.<kid>.<vid>.<body>.<chk>`, as `sealing/token.py` writes it.
_TOKEN = re.compile(
    rf"sealed\.v1\.(?P<kid>[{BASE32}]{{8}})\.[{BASE32}]{{8}}\.[A-Za-z0-9_-]+\.[{BASE32}]{{8}}"
)


class SealedLines(NamedTuple):
    """A sealed block as lines: what opens it, a line for each `vid`, what closes it and stands behind."""

    opening: str
    tokens: dict[str, str]
    closing: str


NONE = SealedLines("", {}, "")


def cut_sealed(text: str, block: SealedBlock | None) -> SealedLines:
    """Read the block at the end of a text (LF alone)."""
    if block is None:
        return NONE
    lines = text[block.span.start :].split("\n")
    close = next(at for at, line in enumerate(lines) if "-->" in line)
    tokens: dict[str, str] = {}
    before, _, behind = lines[close].partition("-->")
    if before.strip() and close:
        lines[close:close] = [before.rstrip()]
        close += 1
        before = ""
    for line in lines[1:close]:
        if words := line.split():
            # A second line of one vid, or words that are none, stay as they are.
            tokens.setdefault(words[0] if words[0] not in tokens else line, line)
    return SealedLines(f"{lines[0]}\n", tokens, "\n".join([f"{before}-->{behind}", *lines[close + 1 :]]))


def merge_sealed(base: SealedLines, a: SealedLines, b: SealedLines, text: str) -> str:
    """Return the block for a merged text; empty when the text refers to no token.

    Of two tokens of one `vid` that one counts which is sealed to other keys than before: values are only
    sealed anew to newer keys. A token that both sides dropped comes back where something refers to it.
    """
    if base.tokens == a.tokens == b.tokens == {}:
        return ""
    referred = {found[1] for found in SEALED_REFERENCE.finditer(text)}
    tokens: dict[str, str] = {}
    for vid in dict.fromkeys((*a.tokens, *b.tokens, *base.tokens)):
        in_base, in_a, in_b = (side.tokens.get(vid) for side in (base, a, b))
        if _VID.fullmatch(vid):
            if vid in referred:
                tokens[vid] = _newer(in_base, in_a or in_b, in_b or in_a)
        elif found := settle(in_base, in_a, in_b, lambda one, other: max(one or "", other or "")):
            tokens[vid] = found
    if not tokens:
        return ""
    order = merged_order(list(base.tokens), list(a.tokens), list(b.tokens), tokens, str)
    order += [vid for vid in base.tokens if vid in tokens and vid not in order]
    lines = "".join(f"{tokens[vid]}\n" for vid in order)
    opening = settle(base.opening or _OPENING, a.opening or _OPENING, b.opening or _OPENING, max)
    closing = settle(base.closing or "-->\n", a.closing or "-->\n", b.closing or "-->\n", max)
    return opening + lines + closing


def _newer(base: str | None, a: str | None, b: str | None) -> str:
    if a is None or b is None:
        return base or ""

    def worth(line: str) -> tuple[bool, bool, str]:
        found = _TOKEN.search(line)
        kid = found["kid"] if found else ""
        was = _TOKEN.search(base or "")
        return found is not None, kid != (was["kid"] if was else None), line

    return settle(base or "", a, b, lambda one, other: max(one, other, key=worth))
