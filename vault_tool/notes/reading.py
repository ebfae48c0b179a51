"""Markdown as a person reads it: marks taken away, paragraphs whole, nothing sealed and no comments.

What is decided here, beside the rules of CommonMark that matter to a reader:

- A link shows its label; the address behind it follows the whole text on a line of its own, so that both
  are found and the label stays part of its sentence. `[[target|label]]` shows its label, `[[target]]` itself.
- `*` between two Latin letters or digits is a multiplication sign (`60*40*30 cm`), not emphasis; and `**` may
  end after punctuation (`**只看到岸价。**所以`), where CommonMark wants a blank.
- Headings, list items, table rows, inline fields and quotes stand by themselves; only a line break inside a
  paragraph can disappear. Two blanks or a backslash at a line's end, or a U+3000 before the next, keep it.
- A sealing mark that is never closed hides the rest of the text: better lost to search than leaked.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from vault_tool.notes.folding import is_han
from vault_tool.notes.paragraphs import BREAK, Segment, read_blocks
from vault_tool.notes.text import Span
from vault_tool.patterns import pattern

_MARK = pattern(r"\\[!-/:-@\[-`{-~]|`+|<!--|https?://[^\s<>()\[\]*`\"]+|!?\[\[?|\]\(?|\*+|_+|~+|=+")
_TICKS = pattern(r"`+")
_WIKI = pattern(r"!?\[\[([^\[\]\n|]{1,500}+)(?:\|([^\[\]\n]{0,500}+))?\]\]")
_ADDRESS = pattern(
    r"\]\([ \t]*+(?:<([^<>\n]*+)>|([^\s()<>]*+(?:\([^\s()]*+\)[^\s()<>]*+)*+))"
    r"(?:[ \t]++(?:\"[^\"\n]*+\"|'[^'\n]*+'|\([^()\n]*+\)))?[ \t]*+\)"
)
_LONGEST_ADDRESS = 2048  # keeps a row of a million unclosed brackets linear


@dataclass(frozen=True)
class Reading:
    """A text as a person reads it. `bold` are its stressed parts.

    `origins` are (start here, start in the source) of each stretch that was taken over as it stands.
    """

    text: str
    bold: tuple[Span, ...]
    origins: tuple[tuple[int, int], ...]
    source_end: int

    @cached_property
    def offsets(self) -> list[int]:
        """Where each character stands in the source, and last where the source ends.

        They rise, but for the addresses of links, which follow the text.
        """
        offsets: list[int] = []
        for (start, source), (end, _) in pairwise([*self.origins, (len(self.text), self.source_end)]):
            offsets.extend(range(source, source + end - start))
        return [*offsets, self.source_end]


def reading_text(markdown: str) -> Reading:
    """Read Markdown as a person does. Takes time in proportion to its length, whatever it holds."""
    writer = _Writer(markdown)
    for block in read_blocks(markdown):
        writer.separate(block.start)
        paragraph = _Paragraph(markdown, block.segments)
        if block.is_code or not _MARK.search(paragraph.text):
            paragraph.write(0, len(paragraph.text), writer)
        else:
            _Inline(paragraph).write(writer)
    return writer.finish()


class _Writer:
    """Collects the reading and where each stretch of it came from."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._pieces: list[str] = []
        self._length = 0
        self._origins: list[tuple[int, int]] = []
        self._bold: list[Span] = []
        self._bold_depth = 0
        self._bold_start: int | None = None
        self._break: int | None = None
        self._addresses: list[Span] = []

    def separate(self, source: int) -> None:
        """Begin a line of its own."""
        self._break = None
        if self._pieces and not self._pieces[-1].endswith("\n"):
            self._put("\n", source)

    def soften(self, source: int) -> None:
        """Note a line break within a paragraph; what comes next decides whether it is read."""
        self._break = source

    def write(self, piece: str, source: int) -> None:
        """Take over a stretch of the source without line breaks."""
        if self._break is not None and self._pieces:
            last = self._pieces[-1][-1]
            if last != "\n" and not (is_han(last) and is_han(piece[0])):
                self._put("\n", self._break)
        self._break = None
        start = self._length
        if self._bold_depth and self._bold_start is None:
            self._bold_start = start
        self._origins.append((start, source))
        self._pieces.append(piece)
        self._length = start + len(piece)

    def _put(self, piece: str, source: int) -> None:
        self._origins.append((self._length, source))
        self._pieces.append(piece)
        self._length += len(piece)

    def begin_bold(self) -> None:
        self._bold_depth += 1

    def end_bold(self) -> None:
        self._bold_depth -= 1
        if not self._bold_depth:
            if self._bold_start is not None:
                self._bold.append(Span(self._bold_start, self._length))
            self._bold_start = None

    def add_address(self, span: Span) -> None:
        self._addresses.append(span)

    def finish(self) -> Reading:
        for span in self._addresses:
            self.separate(span.start)
            self._put(span.of(self._source), span.start)
        return Reading("".join(self._pieces), tuple(self._bold), tuple(self._origins), len(self._source))


class _Paragraph:
    """The stretches of a block as one text, and the way back to the source."""

    def __init__(self, source: str, segments: list[Segment]) -> None:
        pieces: list[str] = []
        self._starts: list[int] = []
        self._sources: list[int] = []
        length = 0
        for start, end, joint in segments:
            pieces += (joint, source[start:end])
            self._starts.append(length)
            self._sources.append(start - len(joint))
            length += len(joint) + end - start
        self.text = "".join(pieces)

    def source(self, at: int) -> int:
        """Return where a character stands in the source."""
        index = bisect_right(self._starts, at) - 1
        return self._sources[index] + at - self._starts[index]

    def write(self, start: int, end: int, writer: _Writer) -> None:
        """Write a stretch, line breaks softened."""
        if len(self._starts) == 1:
            if start < end:
                writer.write(self.text[start:end], self._sources[0] + start)
            return
        text, starts = self.text, self._starts
        while start < end:
            index = bisect_right(starts, start)
            source = self._sources[index - 1] + start - starts[index - 1]
            if text[start] == BREAK:
                writer.soften(source)
                start += 1
                continue
            stop = min(end, starts[index]) if index < len(starts) else end
            writer.write(text[start:stop], source)
            start = stop


class _Run:
    """A run of one emphasis mark: how many of it close and open something, and how much of that is bold."""

    __slots__ = ("closing", "closing_bold", "end", "opening", "opening_bold", "start")

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end
        self.closing = self.opening = self.closing_bold = self.opening_bold = 0

    @property
    def left(self) -> int:
        return self.end - self.start - self.closing - self.opening


class _Bracket:
    """An opening bracket; it goes when a link's address is found behind its partner."""

    __slots__ = ("end", "is_mark", "start")

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end
        self.is_mark = False


class _Inline:
    """One paragraph's marks (CommonMark 0.31, section 6), each looked at once."""

    def __init__(self, paragraph: _Paragraph) -> None:
        self._paragraph = paragraph
        self._text = paragraph.text
        self._items: list[tuple[int, int] | _Run | _Bracket] = []
        self._openers: dict[str, list[_Run]] = {"*": [], "_": [], "~": [], "=": []}
        self._brackets: list[_Bracket] = []
        self._addresses: list[Span] = []
        self._ticks = _pair_ticks(self._text)
        self._comments_close = True

    def write(self, writer: _Writer) -> None:
        self._read()
        write = self._paragraph.write
        for item in self._items:
            if isinstance(item, tuple):
                write(*item, writer)
            elif isinstance(item, _Run):
                for _ in range(item.closing_bold):
                    writer.end_bold()
                if item.left:
                    write(item.start + item.closing, item.end - item.opening, writer)
                for _ in range(item.opening_bold):
                    writer.begin_bold()
            elif not item.is_mark:
                write(item.start, item.end, writer)
        for address in self._addresses:
            start = self._paragraph.source(address.start)
            writer.add_address(Span(start, start + address.end - address.start))

    def _read(self) -> None:
        done = 0
        text, items, search = self._text, self._items, _MARK.search
        while found := search(text, done):
            start, end = found.span()
            if done < start:
                items.append((done, start))
            first = text[start]
            if first in "*_~=":
                done = self._take_emphasis(first, start, end)
            else:
                done = self._take_mark(text[start:end], start, end)
        items.append((done, len(text)))

    def _take_mark(self, mark: str, start: int, end: int) -> int:
        """Take in the mark at `start`; return where reading goes on."""
        first = mark[0]
        if first == "\\":
            start += 1
        elif first == "`" and start in self._ticks:
            close = self._ticks[start]
            self._items.append((end, close))
            return close + end - start
        elif first == "<" and (after := self._after_comment(end)):
            return after
        elif first in "![":
            return self._take_bracket(start, end)
        elif first == "]":
            return self._close_bracket(mark, start)
        self._items.append((start, end))
        return end

    def _after_comment(self, start: int) -> int:
        close = self._text.find("-->", start) if self._comments_close else -1
        self._comments_close = close >= 0
        return close + 3 if close >= 0 else 0

    def _take_bracket(self, start: int, end: int) -> int:
        if self._text.endswith("[[", start, end):
            if found := _WIKI.match(self._text, start):
                label = found.span(2) if (found[2] or "").strip() else found.span(1)
                self._items.append(label)
                return found.end()
            end -= 1
        bracket = _Bracket(start, end)
        self._items.append(bracket)
        self._brackets.append(bracket)
        return end

    def _close_bracket(self, mark: str, start: int) -> int:
        opener = self._brackets.pop() if self._brackets else None
        found = (
            _ADDRESS.match(self._text, start, start + _LONGEST_ADDRESS) if opener and mark == "](" else None
        )
        if opener is None or found is None:
            self._items.append((start, start + 1))
            return start + 1
        opener.is_mark = True
        self._addresses.append(Span(*found.span(1 if found[1] is not None else 2)))
        return found.end()

    def _take_emphasis(self, mark: str, start: int, end: int) -> int:
        run = _Run(start, end)
        self._items.append(run)
        before = self._text[start - 1] if start else " "
        after = self._text[end] if end < len(self._text) else " "
        opens, closes = _flanks(mark, end - start, before, after)
        openers = self._openers[mark]
        while closes and run.left and openers:
            opener = openers[-1]
            count = min(run.left, opener.left)
            run.closing += count
            opener.opening += count
            if count > 1 and mark in "*_":
                run.closing_bold += 1
                opener.opening_bold += 1
            if not opener.left:
                openers.pop()
        if opens and run.left:
            openers.append(run)
        return end


def _pair_ticks(text: str) -> dict[int, int]:
    """Return, for every run of backticks, where the next one of its length stands."""
    pairs: dict[int, int] = {}
    next_of_length: dict[int, int] = {}
    for run in reversed(list(_TICKS.finditer(text))) if "`" in text else ():
        length = run.end() - run.start()
        if length in next_of_length:
            pairs[run.start()] = next_of_length[length]
        next_of_length[length] = run.start()
    return pairs


def _flanks(mark: str, length: int, before: str, after: str) -> tuple[bool, bool]:
    """Tell whether a run of marks may open and may close."""
    if mark in "~=" and length != 2:
        return False, False
    between_letters = before.isalnum() and after.isalnum()
    if between_letters and mark == "_":
        return False, False
    if between_letters and (length == 1 or mark in "~=") and not (is_han(before) or is_han(after)):
        return False, False
    opens, closes = not after.isspace(), not before.isspace()
    if mark == "_":
        opens, closes = opens and not before.isalnum(), closes and not after.isalnum()
    return opens, closes
