"""CL rules: type, stage and tags."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vault_tool.lint.rule import Context, Fix, Flaw, Rule, Severity
from vault_tool.lint.rules.entry_dates import day_of
from vault_tool.lint.rules.leaves import field_of, is_empty, is_sealed_reference, word_of
from vault_tool.lint.rules.misspelt import known_words, misspelt_word
from vault_tool.messages import N_
from vault_tool.notes.edit_fields import language_of, spelled_word
from vault_tool.notes.folding import fold
from vault_tool.notes.frontmatter import FieldNode
from vault_tool.notes.nodes import Scalar, Sequence
from vault_tool.notes.note import Note
from vault_tool.notes.text import Edit
from vault_tool.notes.values import read_value
from vault_tool.patterns import pattern


def type_unknown(note: Note, context: Context) -> Iterator[Flaw]:
    """The type is one of the vocabulary's, in any of its spellings.

    Why: fields, seals and reports depend on the type. Every alias is as good as the word itself.
    Bad: `type: entreprise`
    Good: `type: enterprise`, `类型: 企业客户`, `类型: 公司`
    Fix: safe for traditional characters, which become the vocabulary's word; unsafe for the nearest word.
    """
    yield from _unknown_word(note, context, "type")


def stage_unknown(note: Note, context: Context) -> Iterator[Flaw]:
    """The stage is one of the vocabulary's, in any of its spellings.

    Why: what no list of stages knows is in no forecast. Every alias is as good as the word itself.
    Bad: `stage: negotation`
    Good: `stage: negotiation`, `业务阶段: 商务谈判`, `业务阶段: 谈判`
    Fix: safe for traditional characters, which become the vocabulary's word; unsafe for the nearest word.
    """
    yield from _unknown_word(note, context, "stage")


_MESSAGES = {
    "type": (
        N_("Unknown type `{text}`; the types are {known}"),
        N_("Unknown type `{text}`; did you mean `{nearest}`?"),
    ),
    "stage": (
        N_("Unknown stage `{text}`; the stages are {known}"),
        N_("Unknown stage `{text}`; did you mean `{nearest}`?"),
    ),
}


def _unknown_word(note: Note, context: Context, name: str) -> Iterator[Flaw]:
    top = field_of(note, name)
    if top is None or not isinstance(top.node, Scalar) or top.field is None or top.field.vocabulary is None:
        return
    text, vocabulary = top.node.text.strip(), top.field.vocabulary
    if not text or context.schema.word(vocabulary, text) or is_sealed_reference(text):
        return
    unlike_any, like_one = _MESSAGES[name]
    language = language_of(note, context.settings.language)
    meant = misspelt_word(context.schema, vocabulary, text, language)
    if meant is None:
        known = known_words(context.schema, vocabulary, language)
        yield Flaw(top.node.span, unlike_any, {"text": text[:40], "known": known})
        return
    fix = None
    if top.node.style == "plain" and not top.node.is_marked:
        fix = Fix((Edit(top.node.span, meant.nearest),), is_safe=meant.is_same)
    yield Flaw(top.node.span, like_one, {"text": text[:40], "nearest": meant.nearest}, fix)


def stage_regression(note: Note, context: Context) -> Iterator[Flaw]:
    """A stage that goes back is explained by an entry.

    Why: who reads the forecast asks what happened. `stage:: contact` in an entry records the move.
    Bad: `stage: contact`, while the newest entry records `stage:: proposal`
    Good: a later entry that says why, with `stage:: contact` or in words
    Fix: none. What happened is yours to tell.
    """
    stage = word_of(note, "stage", "stage")
    if stage is None:
        return
    moves = [
        (day, word)
        for entry in note.entries
        if (field := entry.field("stage"))
        and (word := context.schema.word("stage", field.value))
        and (day := day_of(note, entry))
    ]
    if not moves:
        return
    day = max(day for day, _ in moves)
    on_day = [word for moved, word in moves if moved == day]
    if stage in on_day or min(word.rank for word in on_day) <= stage.rank:
        return
    if any(later > day for entry in note.entries if (later := day_of(note, entry))):
        return
    top = field_of(note, "stage")
    assert top is not None  # the stage was read from it
    language = language_of(note, context.settings.language)
    yield Flaw(
        top.node.span,
        N_("Stage went back from `{before}` ({date}) to `{stage}`, and no entry says why"),
        {
            "before": spelled_word(context.schema, "stage", on_day[0].name, language),
            "date": day.isoformat(),
            "stage": spelled_word(context.schema, "stage", stage.name, language),
        },
    )


# Letters and digits only: a full-width bracket is right in a Chinese tag.
_NARROW = {
    wide: wide - 0xFEE0
    for wide in (
        *range(ord("０"), ord("９") + 1),
        *range(ord("Ａ"), ord("Ｚ") + 1),
        *range(ord("ａ"), ord("ｚ") + 1),
    )
}


_ODD_IN_TAG = pattern(r"[\s#＃０-９Ａ-Ｚａ-ｚ]")


def tag_format(note: Note, context: Context) -> Iterator[Flaw]:
    """A tag is one word, without `#`, spelled one way.

    Why: `VIP`, `vip` and `ＶＩＰ` are three tags to most programs; a blank ends a tag.
    Bad: `tags: ["#展会", ＶＩＰ, price sensitive]`
    Good: `tags: [展会, VIP, price-sensitive]`
    Fix: safe for `#` and for width; unsafe where a blank becomes a hyphen.
    """
    top = field_of(note, "tags")
    if top is None or top.field is None:
        return
    seen: dict[str, str] = {}
    for item in top.node.items if isinstance(top.node, Sequence) else ():
        if not isinstance(item, Scalar) or not item.text.strip() or is_sealed_reference(item.text):
            continue
        tag = item.text.strip()
        wanted = tag
        if _ODD_IN_TAG.search(tag):
            wanted = re.sub(r"\s+", "-", tag.lstrip("#＃ ").translate(_NARROW))
        first = seen.setdefault(wanted.casefold(), tag)
        if wanted and wanted != tag:
            fix = None
            if first is tag:
                is_safe = not re.search(r"\s", tag.lstrip("#＃ "))
                fix = _respelled(note, item, tag, wanted, is_safe)
            yield Flaw(
                item.span, N_("Write the tag `{tag}` as `{wanted}`"), {"tag": tag, "wanted": wanted}, fix
            )
        elif first is not tag:
            values = {"tag": tag, "first": first}
            yield Flaw(item.span, N_("The tag `{tag}` is there already: `{first}`"), values)
    if isinstance(top.node, Scalar):
        yield from _tags_in_a_line(top, top.node, context)


def _respelled(note: Note, item: Scalar, tag: str, wanted: str, is_safe: bool) -> Fix | None:
    at = note.text.find(tag, item.span.start, item.span.end)
    if at < 0 or item.style not in ("plain", "single", "double") or item.is_marked:
        return None
    return Fix((Edit(item.span._replace(start=at, end=at + len(tag)), wanted),), is_safe)


def _tags_in_a_line(top: FieldNode, node: Scalar, context: Context) -> Iterator[Flaw]:
    assert top.field is not None
    value = read_value(top.field, node, context.schema)
    for tag in value if isinstance(value, tuple) else ():
        if isinstance(tag, str) and re.search(r"\s", tag) and not is_sealed_reference(tag):
            yield Flaw(node.span, N_("Blanks don't part tags: write a list such as `[a, b]`"))
            return


def tag_contradicts_field(note: Note, context: Context) -> Iterator[Flaw]:
    """A tag doesn't say another type, stage or importance than the field.

    Why: one of the two is out of date, and a search finds the customer under both.
    Bad: `stage: won` and `tags: [lead]`
    Good: `stage: won` and no tag that is a stage
    Fix: none. Which of them is right, only a person knows.
    """
    top = field_of(note, "tags")
    if top is None:
        return
    items = top.node.items if isinstance(top.node, Sequence) else (top.node,)
    for item in items:
        if not isinstance(item, Scalar):
            continue
        for name in ("type", "stage", "importance"):
            said = context.schema.word(name, item.text)
            # Aliases are everyday words; only the word itself contradicts.
            if said is None or fold(item.text) not in {fold(said.name), *map(fold, said.labels.values())}:
                continue
            value = word_of(note, name, name)
            if value is not None and value is not said:
                language = language_of(note, context.settings.language)
                field = context.schema.field(name)
                yield Flaw(
                    item.span,
                    N_("The tag `{tag}` contradicts `{key}: {value}`"),
                    {
                        "tag": item.text.strip(),
                        "key": field.key(language) if field else name,
                        "value": spelled_word(context.schema, name, value.name, language),
                    },
                )


def lost_without_reason(note: Note, context: Context) -> Iterator[Flaw]:
    """A customer that was lost has a reason.

    Why: the reasons together say what to change; a year later nobody remembers.
    Bad: `stage: lost`
    Good: `stage: lost` and `lost_reason: price, 8 % above the offer of a local maker`
    Fix: none. The reason is yours to give.
    """
    stage = word_of(note, "stage", "stage")
    field = context.schema.field("lost_reason")
    if stage is None or not stage.closed or field is None:
        return
    reason = field_of(note, "lost_reason")
    if reason and not is_empty(reason.node):
        return
    top = field_of(note, "stage")
    assert top is not None  # the stage was read from it
    language = language_of(note, context.settings.language)
    yield Flaw(
        top.node.span,
        N_("`{stage}` without a reason: say it in `{key}`"),
        {"stage": spelled_word(context.schema, "stage", stage.name, language), "key": field.key(language)},
    )


RULES = (
    Rule("CL001", "type-unknown", Severity.ERROR, "safe", type_unknown),
    Rule("CL002", "stage-unknown", Severity.ERROR, "safe", stage_unknown),
    Rule("CL003", "stage-regression", Severity.WARNING, None, stage_regression),
    Rule("CL004", "tag-format", Severity.WARNING, "safe", tag_format),
    Rule("CL005", "tag-contradicts-field", Severity.WARNING, None, tag_contradicts_field),
    Rule("CL006", "lost-without-reason", Severity.WARNING, None, lost_without_reason),
)
