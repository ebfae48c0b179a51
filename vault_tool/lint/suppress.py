"""Comments that silence a rule on a line, with the reason why.

In the body `<!-- vault: ignore[EN003] reason -->`, in the front matter `# vault: ignore[FM005] reason`.
Behind text it means its own line; alone on a line it means the next one that isn't empty. A rule of privacy
is silenced only with a reason: whoever reads the note later must be able to judge it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vault_tool.lint.rule import Finding, Fix, Flaw
from vault_tool.lint.rules import find_rule
from vault_tool.lint.rules.leaves import leaves
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.notes.note import Note
from vault_tool.notes.text import Edit, Span, iterate_lines
from vault_tool.patterns import pattern

_MARK = "vault:"
_COMMENT = pattern(
    r"<!--[ \t]*vault:[ \t]*ignore\[(?P<body>[^\]\r\n]*)\](?P<body_reason>[^\r\n]*?)-->"
    r"|(?<![^\s])#[ \t]*vault:[ \t]*ignore\[(?P<yaml>[^\]\r\n]*)\](?P<yaml_reason>[^\r\n]*)"
)
_PRIVACY = "PV"
_NAME = pattern(r"[^\s,，、]+")


class Suppression(NamedTuple):
    """One rule's name in one comment: `lines` are those it covers, `code` is None for no known rule.

    What `lacks_reason` though its rule wants one silences nothing.
    """

    name: str
    name_span: Span
    code: str | None
    lines: frozenset[int]
    comment: Span
    names: tuple[Span, ...]
    lacks_reason: bool = False


def suppressions(note: Note) -> tuple[Suppression, ...]:
    """Return what a note's comments silence, in the order of the file."""
    if _MARK not in note.text or "ignore[" not in note.text:
        return ()
    return tuple(_suppressions(note))


def _suppressions(note: Note) -> Iterator[Suppression]:
    block = note.front_matter.block if note.front_matter else Span(0, 0)
    for found in _COMMENT.finditer(note.text, 0, note.content_end):
        group = "yaml" if found["yaml"] is not None else "body"
        span = Span(*found.span())
        if (group == "yaml") != block.holds(span.start) or _is_text(note, span, group):
            continue
        names = tuple(
            Span(*name.span()) for name in _NAME.finditer(note.text, found.start(group), found.end(group))
        )
        lines = _covered(note, span)
        has_reason = any(sign.isalnum() for sign in found[f"{group}_reason"])
        for name in names:
            rule = find_rule(name.of(note.text))
            code = rule.code if rule else None
            lacks_reason = code is not None and code.startswith(_PRIVACY) and not has_reason
            yield Suppression(name.of(note.text), name, code, lines, span, names, lacks_reason)


def _is_text(note: Note, span: Span, group: str) -> bool:
    """Tell whether the comment is none: it stands within a value, or in code."""
    if group == "yaml":
        return any(leaf.scalar.span.holds(span.start) for leaf in leaves(note))
    for part in note.hidden:
        if part.holds(span.start) and not _opens(note.text, part, span.start):
            return True
    return note.text[span.start - 1 : span.start] == "`"


def _opens(text: str, hidden: Span, offset: int) -> bool:
    """Tell whether a comment begins at an offset of a hidden part: not in code, nor in another comment."""
    part = hidden.of(text)
    start = hidden.end - len(part.lstrip())
    return text.startswith("<!--", start) and not start < offset <= text.find("-->", start)


def _covered(note: Note, comment: Span) -> frozenset[int]:
    """Return the lines that a comment covers.

    On its own it covers itself and the next line with text that is no such comment; in the first line of the
    front matter also the `---` above, where what is missing is reported.
    """
    number = note.lines.line(comment.start)
    line = note.lines.span(number)
    covered = {number}
    if note.text[line.start : comment.start].strip("\ufeff \t") or note.text[comment.end : line.end].strip():
        return frozenset(covered)
    for later in iterate_lines(note.text, line.end):
        content = note.text[later.start : later.end]
        if content.strip() and not _is_only_comment(content):
            covered.add(note.lines.line(later.start))
            break
    block = note.front_matter
    if block and block.block.holds(comment.start) and not note.text[block.block.start : line.start].strip():
        covered.add(note.lines.line(block.span.start))
    return frozenset(covered)


def _is_only_comment(line: str) -> bool:
    found = _COMMENT.match(line.strip())
    return found is not None and found.end() == len(line.strip())


class Silenced(NamedTuple):
    """Findings that are left, and the suppressions that silenced one."""

    findings: list[Finding]
    used: frozenset[Suppression]


def silence(findings: Iterable[Finding], found: tuple[Suppression, ...]) -> Silenced:
    """Take out what a comment silences."""
    left: list[Finding] = []
    used: set[Suppression] = set()
    for finding in findings:
        silencing = [
            one
            for one in found
            if one.code == finding.code and finding.start[0] in one.lines and not one.lacks_reason
        ]
        used.update(silencing)
        if not silencing:
            left.append(finding)
    return Silenced(left, frozenset(used))


def useless(
    note: Note, found: tuple[Suppression, ...], used: frozenset[Suppression], active: frozenset[str]
) -> Iterator[Flaw]:
    """Yield the suppressions of no known rule, those without the reason they need, and the idle ones.

    A rule that is off can't tell whether it would have spoken: its suppressions are left alone.
    """
    judged = [one for one in found if one.code is None or (one.code in active and one not in used)]
    for one in judged:
        if one.code == "SU001":
            continue
        if one.lacks_reason:
            message = N_("{name} is ignored only with a reason: write it behind the bracket")
            yield Flaw(one.name_span, message, {"name": one.name})
            continue
        together = [other for other in judged if other.comment == one.comment and not other.lacks_reason]
        message = (
            N_("No rule is called {name}") if one.code is None else N_("{name} finds nothing here to ignore")
        )
        fix = Fix((_removal(note, one, len(together) == len(one.names)),))
        yield Flaw(one.name_span, message, {"name": one.name}, fix)


def _removal(note: Note, one: Suppression, whole: bool) -> Edit:
    """Take out the comment with its line, or the one name with its comma."""
    if not whole:
        index = one.names.index(one.name_span)
        if index + 1 < len(one.names):
            return Edit(Span(one.name_span.start, one.names[index + 1].start), "")
        return Edit(Span(one.names[index - 1].end, one.name_span.end), "")
    line = note.lines.span(note.lines.line(one.comment.start))
    before = note.text[line.start : one.comment.start]
    if not before.strip("\ufeff \t") and not note.text[one.comment.end : line.end].strip():
        end = next((after.next for after in iterate_lines(note.text, line.start)), line.end)
        start = one.comment.start - len(before.lstrip("\ufeff")) if before else one.comment.start
        return Edit(Span(start, end), "")
    return Edit(Span(one.comment.start - len(before) + len(before.rstrip()), one.comment.end), "")
