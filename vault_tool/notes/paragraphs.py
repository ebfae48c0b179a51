"""A Markdown text cut into the blocks a reader sees, without block marks and what nobody may find."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from vault_tool.named import NamedTuple
from vault_tool.notes.sealing_marks import SEALED_REFERENCE, sealing_spans
from vault_tool.notes.text import Line, Span, iterate_lines
from vault_tool.patterns import pattern

_PREFIX = pattern(r"(?:[ \t]*>)*+[ \t]*+")
_BULLET = pattern(r"[-*+](?:[ \t]++(?:\[[ xX]\][ \t]++)?|$)")
_NUMBER = pattern(r"\d{1,9}[.)][ \t]")
_HEADING = pattern(r"#{1,6}(?:[ \t]++|$)")
_RULE = pattern(r"(?:=+|(?:\*[ \t]*+){3,}|(?:_[ \t]*+){3,}|\|?[ \t]*+:?-[-|: \t]*)$")
_FENCE = pattern(r"(`{3,}|~{3,})([^\r\n]*)")
_FIELD = pattern(r"\w(?:[\w -]{0,38}\w)?[ \t]*(?:::(?=[ \t]|$)|：：)")

BREAK, GAP = "\n", " "


class Segment(NamedTuple):
    """A stretch of one line. `joint` separates it from the stretch before: BREAK, GAP or nothing."""

    start: int
    end: int
    joint: str = ""


@dataclass(slots=True)
class Block:
    """A paragraph, or a line that stands by itself. Nothing joins a block that `is_ended`."""

    start: int
    depth: int = 0
    segments: list[Segment] = field(default_factory=list)
    is_code: bool = False
    is_ended: bool = False


def read_blocks(text: str) -> list[Block]:
    """Cut a text into blocks, line by line (CommonMark 0.31, section 4).

    Left out: fences, comments that begin a line, words to be sealed and sealed references. Headings, list
    items, table rows and inline fields are blocks of their own.
    """
    return _Blocks(text).read()


class _Content(NamedTuple):
    """A line without its block marks. A `fresh` one begins a block, a `lone` one is a block."""

    start: int
    end: int
    fresh: bool = False
    lone: bool = False


class _Blocks:
    def __init__(self, text: str) -> None:
        self._text = text
        self._hidden = _hidden_spans(text)
        self._hidden_ends = [span.end for span in self._hidden]
        self._blocks: list[Block] = []
        self._open: Block | None = None
        self._fence = ""
        self._comment_end = 0
        self._comments_close = True

    def read(self) -> list[Block]:
        for line in iterate_lines(self._text):
            if line.next > self._comment_end:
                self._take_line(line)
        return self._blocks

    def _take_line(self, line: Line) -> None:
        text, start = self._text, line.start
        if start < self._comment_end:
            start = self._comment_end
        elif text[start].isalpha() and not self._fence:
            # Nothing that begins with a letter is a mark of a block: most lines.
            self._take_text(line, start, 0)
            return
        if not text[start : start + 1].isalpha() and (prefix := _PREFIX.match(text, start, line.end)):
            start = prefix.end()
        if self._fence:
            self._take_code(line, start)
        elif not self._begins_fence(line, start):
            depth = text.count(">", line.start, start)
            self._take_text(line, self._after_comment(line, start), depth)

    def _take_code(self, line: Line, start: int) -> None:
        mark = self._text[start : line.end].strip()
        if len(mark) >= len(self._fence) and mark == self._fence[0] * len(mark):
            self._fence = ""
        else:
            segments = list(self._visible(line.start, line.end, ""))
            self._blocks.append(Block(line.start, segments=segments, is_code=True))

    def _begins_fence(self, line: Line, start: int) -> bool:
        if not self._text.startswith(("```", "~~~"), start):
            return False
        found = _FENCE.match(self._text, start, line.end)
        if not found or (found[1][0] == "`" and "`" in found[2]):
            return False
        self._open, self._fence = None, found[1]
        return True

    def _after_comment(self, line: Line, start: int) -> int:
        """Pass a comment that begins a line, over blank lines too; within a line it is a mark like others."""
        if not self._comments_close or not self._text.startswith("<!--", start):
            return start
        close = self._text.find("-->", start + 4)
        if close < 0:
            # A comment that never ends hides nothing: a person still reads what follows.
            self._comments_close = False
            return start
        self._open = None
        self._comment_end = close + 3
        return min(self._comment_end, line.end)

    def _take_text(self, line: Line, start: int, depth: int) -> None:
        text = self._text
        end = line.end
        while end > start and text[end - 1] in " \t":
            end -= 1
        if not self._is_visible(start, end):
            self._open = None
            return
        content = _without_block_marks(text, start, end)
        block = self._open
        if block is None or block.is_ended or content.fresh or content.lone or depth > block.depth:
            block = self._open = Block(line.start, depth)
            self._blocks.append(block)
        hard = line.end - end >= 2
        end = content.end
        if content.start < end and text[end - 1] == "\\":
            end, hard = end - 1, True
        joint = BREAK if block.segments else ""
        if self._hidden:
            block.segments += self._visible(content.start, end, joint)
        elif content.start < end:
            block.segments.append(Segment(content.start, end, joint))
        block.is_ended = hard or content.lone

    def _is_visible(self, start: int, end: int) -> bool:
        if self._hidden:
            return any(True for _ in self._visible(start, end, BREAK))
        return start < end

    def _visible(self, start: int, end: int, joint: str) -> Iterator[Segment]:
        """Yield what remains of a stretch without what is hidden; a gap stands in its place."""
        at = bisect_right(self._hidden_ends, start)
        while at < len(self._hidden) and self._hidden[at].start < end:
            span = self._hidden[at]
            if start < span.start:
                yield Segment(start, span.start, joint)
                joint = ""
            joint = joint or GAP
            start = min(span.end, end)
            at += 1
        if start < end:
            yield Segment(start, end, joint)


def _hidden_spans(text: str) -> list[Span]:
    """Find what no reader may find (words to be sealed) or would take for a word (sealed references)."""
    spans: list[Span] = []
    spans += sealing_spans(text)
    if "sealed-" in text:
        ends = [span.end for span in spans]
        for found in SEALED_REFERENCE.finditer(text):
            at = bisect_right(ends, found.start())
            if at == len(ends) or found.end() <= spans[at].start:
                spans.append(Span(*found.span()))
    return sorted(spans)


def _without_block_marks(text: str, start: int, end: int) -> _Content:
    first = text[start : start + 1]
    if first.isalpha():
        return _Content(start, end, lone=_is_row(text, start, end))
    if _RULE.match(text, start, end):
        return _Content(end, end, lone=True)
    if first == "#" and (found := _HEADING.match(text, start, end)):
        title = text[found.end() : end]
        bare = title.rstrip("#")
        closed = bare != title and (not bare or bare[-1] in " \t")
        return _Content(found.end(), found.end() + len(bare) if closed else end, lone=True)
    # A U+3000 begins a paragraph as Chinese letters do.
    fresh = first == "\u3000" or bool(_NUMBER.match(text, start, end))
    while bullet := _BULLET.match(text, start, end):
        fresh = True
        inner = _PREFIX.match(text, bullet.end(), end)
        start = inner.end() if inner else bullet.end()
    return _Content(start, end, fresh, lone=_is_row(text, start, end))


def _is_row(text: str, start: int, end: int) -> bool:
    """Tell whether a line is an inline field or a table's row (with a `|` that belongs to no link)."""
    if text.find("::", start, end) >= 0 or text.find("：：", start, end) >= 0:
        return bool(_FIELD.match(text, start, end))
    return text.count("|", start, end) > text.count("[[", start, end)
