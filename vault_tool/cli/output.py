"""Everything the program says: results on stdout, the rest on stderr; nothing else in it prints."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from vault_tool.cli.width import clip, pad, width
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TextIO, TypeAlias

ColorChoice: TypeAlias = 'Literal["auto", "always", "never"]'

_COLORS = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35", "cyan": "36"}
_WEIGHTS = {"bold": "1", "dim": "2", "underline": "4"}

# A note's text may hold control characters, and a terminal obeys them: only styles pass.
_CONTROL = r"(\x1b\[[0-9;]*m)|[\x00-\x08\x0b-\x1f\x7f-\x9f]"

_GAP = "  "
_NARROWEST = 8
_LEAST = 2


class NeedsChoice(VaultError):
    """Several things are meant and nobody is there to choose."""

    message = N_("{question}\n{choices}")
    hint = N_("Name one of them exactly.")
    exit_code = Exit.USAGE


class NeedsAnswer(VaultError):
    """A question needs an answer and nobody is there to give it."""

    message = N_("{question} There is no terminal to answer on; nothing was done.")
    hint = N_("Give the answer as an option; --help names it.")
    exit_code = Exit.USAGE


class CannotSay(VaultError):
    """Standard output takes nothing: a full disk, or it was closed."""

    message = N_("The output can't be written: {reason}.")
    hint = N_("What the command wrote into the vault stays written; `vault undo` takes it back.")
    exit_code = Exit.UNREADABLE


class Output:
    """The two streams out and the one in, and what they can show."""

    def __init__(self, stdin: TextIO, stdout: TextIO, stderr: TextIO, env: Mapping[str, str]) -> None:
        self._in, self._out, self._err = stdin, stdout, stderr
        self._env = env
        self._is_lost = False
        self.color: ColorChoice = "auto"

    # What is at the other end

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads the results as they come."""
        return self._out.isatty()

    @property
    def is_interactive(self) -> bool:
        """Whether a person can be asked."""
        return self._in.isatty() and self._err.isatty()

    @property
    def columns(self) -> int:
        """The terminal's width; without a terminal, as good as endless."""
        if not self.is_terminal:
            return 10_000
        given = self._env.get("COLUMNS", "")
        if given.isdecimal() and int(given) > 0:
            return int(given)
        import shutil

        return shutil.get_terminal_size().columns

    # Results

    def line(self, text: str = "") -> None:
        """Print one line (or several) of a result."""
        self._write(self._out, text + "\n")

    def lines(self, texts: Iterable[str]) -> None:
        """Print lines of a result, each as it comes."""
        for text in texts:
            self.line(text)

    def raw(self, data: bytes) -> None:
        """Print a file's very bytes."""
        self.flush()
        with self._sending(self._out):
            self._out.buffer.write(data)

    def json(self, document: Mapping[str, object]) -> None:
        """Print the one JSON document of a command, marked with the version of its shape."""
        with self._sending(self._out):
            self._out.write(_dump(document))

    def table(
        self,
        rows: Iterable[Sequence[str]],
        header: Sequence[str] = (),
        expendable: Sequence[Sequence[int]] = (),
    ) -> None:
        """Print rows: aligned and cut to a terminal's width; in a pipe by tabs, without the header.

        A narrow terminal goes without the `expendable` columns, in their order: without the first group
        before the first column is cut, without the second before little is left of it. No other is cut then.
        """
        cells = [[" ".join(cell.split()) for cell in row] for row in rows]
        if not self.is_terminal:
            self.lines("\t".join(row) for row in cells)
            return
        if not cells:
            return
        titles = [list(header)] if header else []
        if expendable:
            kept = _kept_columns([*titles, *cells], self.columns, expendable)
            titles, cells = ([[row[i] for i in kept] for row in part] for part in (titles, cells))
        widths = _column_widths([*titles, *cells], self.columns, only_first=bool(expendable))
        for title in titles:
            self.line(self.style(_aligned(title, widths), "bold"))
        self.lines(_aligned(row, widths) for row in cells)

    def diff(self, text: str) -> None:
        """Print a unified diff, coloured where colour is shown."""
        for line in text.splitlines():
            self.line(self._diff_line(line))

    def _diff_line(self, line: str) -> str:
        if line.startswith(("+++", "---")):
            return self.style(line, "bold")
        if line.startswith("@@"):
            return self.style(line, "cyan")
        if line.startswith("+"):
            return self.style(line, "green")
        if line.startswith("-"):
            return self.style(line, "red")
        return line

    # Narration

    def note(self, text: str) -> None:
        """Say something beside the result: on stderr, as it is."""
        self._write(self._err, text + "\n")

    def hint(self, text: str) -> None:
        """Say what could be done next."""
        self.note(self._style(_("Hint: {hint}").format(hint=text), self._err, "dim"))

    def warn(self, text: str) -> None:
        """Say what is odd but stops nothing."""
        self.note(self._style(_("Warning: {warning}").format(warning=text), self._err, "yellow"))

    def error(self, text: str, hint: str = "") -> None:
        """Say what stopped the command, and what to do about it."""
        self.check_sent()
        self.note(self._style(_("Error: {message}").format(message=text), self._err, "red"))
        if hint:
            self.hint(hint)

    def json_error(self, error: Mapping[str, object]) -> None:
        """Say what stopped the command as a JSON document on stderr."""
        self.check_sent()
        with self._sending(self._err):
            self._err.write(_dump({"error": error}))
            self._err.flush()

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator[Callable[[int], None]]:
        """Lend a function that is told how much is done; after a second a terminal's reader sees it."""
        if not self._err.isatty():
            yield lambda done: None
            return
        started = shown = time.monotonic()
        drawn = False

        def advance(done: int) -> None:
            nonlocal shown, drawn
            now = time.monotonic()
            if now - started < 1 or now - shown < 0.1:
                return
            shown, drawn = now, True
            share = min(100, done * 100 // max(total, 1))
            self._err.write(f"\r{label} {done}/{total} ({share}%)\x1b[K")
            self._err.flush()

        try:
            yield advance
        finally:
            if drawn:
                self._err.write("\r\x1b[K")
                self._err.flush()

    # Questions

    def read_input(self) -> bytes:
        """Return the very bytes that stand on standard input; none when it is closed."""
        return self._in.buffer.read() if self._in is not None else b""

    def ask(self, question: str, default: str = "") -> str:
        """Ask for one line; Enter alone, or the end of input, means the default."""
        if not self.is_interactive:
            raise NeedsAnswer(question=question)
        self.flush()
        self._err.write(f"{question} ")
        self._err.flush()
        answer = self._in.readline()
        if not answer:
            self._err.write("\n")
        return answer.strip() or default

    def ask_secret(self, question: str) -> str:
        """Ask for something that must not be seen; without a terminal nobody is asked, and it is empty."""
        from getpass import getpass

        return getpass(f"{question} ", self._err) if self.is_interactive else ""

    def confirm(self, question: str, *, yes: bool = False) -> bool:
        """Ask before something that matters; only a clear yes counts. `yes` answers beforehand (`--yes`)."""
        if yes:
            return True
        answer = self.ask(f"{question} [y/N]").casefold()
        # Everybody's `y`, and the words of the reader's language.
        return answer in {"y", "yes", *_("y yes").split()}

    def choose(self, question: str, choices: Sequence[str]) -> int:
        """Let the reader pick one of several by number; without a terminal the list is the error."""
        listing = "\n".join(f"{number:>3}  {choice}" for number, choice in enumerate(choices, 1))
        if not self.is_interactive:
            raise NeedsChoice(question=question, choices="\n".join(f"  {choice}" for choice in choices))
        self.note(f"{question}\n{listing}")
        while True:
            answer = self.ask(_("Number (Enter: none)?"))
            if not answer:
                raise NothingChosen
            if answer.isdecimal() and 1 <= int(answer) <= len(choices):
                return int(answer) - 1
            self.note(_("A number from 1 to {count}, please.").format(count=len(choices)))

    # Style

    def style(self, text: str, *styles: str) -> str:
        """Dress a text for stdout in `bold`, `dim`, `underline` or a colour, as far as it may be shown."""
        return self._style(text, self._out, *styles)

    def highlight(self, text: str, spans: Iterable[tuple[int, int]]) -> str:
        """Dress the spans of a text, given in characters and in order, as what was looked for."""
        parts = []
        last = 0
        for start, end in spans:
            parts += [text[last:start], self.style(text[start:end], "bold", "yellow")]
            last = end
        return "".join([*parts, text[last:]])

    def flush(self) -> None:
        """Send what was printed so far on its way."""
        if not self._is_lost:
            with self._sending(self._out):
                self._out.flush()
        with self._sending(self._err):
            self._err.flush()

    def check_sent(self) -> bool:
        """Send what was printed so far, and tell whether standard output took all of it."""
        with suppress(CannotSay):
            self.flush()
        return not self._is_lost

    def _style(self, text: str, stream: TextIO, *styles: str) -> str:
        colors, weights = self._may_show(stream)
        codes = [_COLORS[s] for s in styles if colors and s in _COLORS]
        codes += [_WEIGHTS[s] for s in styles if weights and s in _WEIGHTS]
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if codes and text else text

    def _may_show(self, stream: TextIO) -> tuple[bool, bool]:
        """Return whether colours, and whether bold and its like, may be shown on this stream."""
        if self.color != "auto":
            return (self.color == "always",) * 2
        terminal = stream.isatty() and self._env.get("TERM") != "dumb"
        if self._env.get("NO_COLOR"):
            # It asks for no colour; bold is none.
            return False, terminal
        if self._env.get("FORCE_COLOR", "0") not in {"", "0", "false"}:
            return True, True
        return terminal, terminal

    def _write(self, stream: TextIO, text: str) -> None:
        with self._sending(stream):
            stream.write(re.sub(_CONTROL, _visible, text) if stream.isatty() else text)

    @contextmanager
    def _sending(self, stream: TextIO) -> Iterator[None]:
        """Say so when standard output takes nothing; of standard error nobody could be told."""
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            if stream is self._out:
                self._is_lost = True
                raise CannotSay(reason=error.strerror or str(error)) from error


class NothingChosen(VaultError):
    """The reader looked at the list and took nothing."""

    message = N_("Nothing was chosen; nothing was done.")
    exit_code = Exit.USAGE


def _dump(document: Mapping[str, object]) -> str:
    import json

    return json.dumps({"version": 1, **document}, ensure_ascii=False, indent=2, default=str) + "\n"


def _visible(match: re.Match[str]) -> str:
    if match[1]:
        return match[1]
    code = ord(match[0])
    # Unicode has a picture of each old control character; the newer ones are dropped to a mark.
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "\ufffd"


def _natural_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(width(row[i]) for row in rows if i < len(row)) for i in range(max(map(len, rows)))]


def _kept_columns(
    rows: Sequence[Sequence[str]], columns: int, expendable: Sequence[Sequence[int]]
) -> list[int]:
    """Return which columns a terminal has room for."""
    widths = _natural_widths(rows)
    kept = list(range(len(widths)))
    # One very long name costs all others no more than half the line.
    for group, most in zip(expendable, (columns // 2, _NARROWEST), strict=False):
        widths[0] = min(widths[0], most)
        for index in group:
            if sum(widths[i] for i in kept) + len(_GAP) * (len(kept) - 1) > columns:
                kept.remove(index)
    return kept


def _column_widths(rows: Sequence[Sequence[str]], columns: int, *, only_first: bool) -> list[int]:
    """Give each column its natural width, then take from the widest, or the first, until all fit."""
    widths = _natural_widths(rows)
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - columns
    if only_first:
        widths[0] -= min(max(excess, 0), widths[0] - 1)
        return widths
    # Many columns on a narrow terminal: a little of each is better than lines that break.
    for least in (_NARROWEST, _LEAST):
        while excess > 0 and (widest := max(widths)) > least:
            widths[widths.index(widest)] -= 1
            excess -= 1
    return widths


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [pad(clip(cell, columns), columns) for cell, columns in zip(row, widths, strict=False)]
    return _GAP.join(cells).rstrip()
