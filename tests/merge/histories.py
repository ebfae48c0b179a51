"""One note and what two people made of it: edits as people make them, in both languages.

Each piece of writing holds a word of its own (`w12`), so that a test can tell what became of it.
"""

from __future__ import annotations

import re
from itertools import count
from typing import Any, NamedTuple

from hypothesis import strategies as st

KEYS = {
    "stage": "业务阶段",
    "owner": "负责人",
    "region": "地区",
    "needs": "需求",
    "consent": "个人信息授权",
    "contacts": "联系人",
    "mobile": "手机",
    "zip": "zip",
}
TOKEN = "sealed.v1.{kid}.{vid}.QUJD.00000000"


class Writing(NamedTuple):
    """A note before it is a text: fields by canonical name, and entries as heading and lines."""

    fields: tuple[tuple[str, Any], ...]
    keys: frozenset[str]  # written in Chinese
    comments: tuple[tuple[str, str], ...]
    profile: tuple[str, ...]
    entries: tuple[tuple[str, tuple[str, ...]], ...]
    bom: bool = False
    newline: str = "\n"
    is_ended: bool = True


class History(NamedTuple):
    """The versions as texts and as writings."""

    base: bytes
    a: bytes
    b: bytes
    was: Writing
    in_a: Writing
    in_b: Writing


DAYS = [f"2026-{month:02}-{day:02}" for month in (9, 10, 11) for day in (3, 14, 27)]
SENTENCES = [
    "要再让两个点，月底定",
    "Ann is ill, call her next week",
    "寄了三种样品，等质检",
    "Wants the offer in euros",
    "刘姐问开票资料，税号已发",
    "物流晚了两天，已道歉并补偿",
    "Asked for a second visit with the engineer",
]
LABELS = ["电话", "拜访 @li.na", "call", "10:20 电话 报价", "visit", "订单"]


def words_of(data: bytes | str) -> set[str]:
    """Return the words that tell pieces of writing apart."""
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    return set(re.findall(r"w\d+w", text))


def render(writing: Writing) -> bytes:
    """Return the note as bytes."""
    lines = ["---", "id: c3m8k2qa41", "名称: 蓝海"]
    comments = dict(writing.comments)
    for name, value in writing.fields:
        key = KEYS[name] if name in writing.keys else name
        if name in comments:
            lines.append(f"# {comments[name]}")
        if isinstance(value, str):
            lines.append(f"{key}: {value}")
        elif name == "needs":
            lines.append(f"{key}: [{', '.join(map(str, value))}]")
        elif name == "consent":
            lines += [f"{key}:", *(f"  {inner}: {text}" for inner, text in value)]
        else:
            lines.append(f"{key}:")
            for person, title in value:
                lines += [f"  - 姓名: {person}", f"    职务: {title}"]
    lines += ["---", "", *writing.profile, *([""] if writing.profile else [])]
    for heading, body in writing.entries:
        lines += [heading, "", *body, ""]
    text = "\n".join(lines)
    vids = sorted(set(re.findall(r"sealed-([0-9a-z]{8})", text)))
    if vids:
        text += "\n".join(
            ["<!-- vault:sealed", *(f"{vid} {TOKEN.format(kid='0' * 8, vid=vid)}" for vid in vids), "-->", ""]
        )
    text = text.rstrip("\n") + ("\n" if writing.is_ended else "")
    if writing.newline == "mixed":
        text = text.replace("\n", "\r\n", 4)
    else:
        text = text.replace("\n", writing.newline)
    return (("\ufeff" if writing.bom else "") + text).encode()


@st.composite
def histories(draw: st.DrawFn, *, plain: bool = False) -> History:
    """Draw a note and two people's edits of it; `plain` leaves the layout alone."""
    fresh = (f"w{number}w" for number in count(1))
    was = _first(draw, fresh, plain)
    in_a = _edited(draw, was, fresh, plain)
    in_b = _edited(draw, was, fresh, plain)
    return History(render(was), render(in_a), render(in_b), was, in_a, in_b)


def edited_on(draw, was: Writing) -> Writing:
    """Draw what somebody makes of a note later on."""
    return _edited(draw, was, (f"w{number}w" for number in count(5_000)), plain=True)


def _first(draw, fresh, plain: bool) -> Writing:
    names = draw(st.lists(st.sampled_from(sorted(KEYS)), unique=True, max_size=6))
    fields = tuple((name, _value(draw, name, fresh)) for name in names)
    entries = [_entry(draw, fresh) for _ in range(draw(st.integers(0, 4)))]
    if draw(st.booleans()):
        entries.sort(reverse=draw(st.booleans()))
    return Writing(
        fields,
        frozenset(draw(st.sets(st.sampled_from(sorted(KEYS))))),
        tuple((name, next(fresh)) for name in names[:1]),
        tuple(f"概况 {next(fresh)}。" for _ in range(draw(st.integers(0, 2)))),
        tuple(entries),
        *(() if plain else _layout(draw)),
    )


def _layout(draw) -> tuple[bool, str, bool]:
    newline = draw(st.sampled_from(["\n", "\n", "\r\n", "mixed"]))
    return draw(st.sampled_from([False, False, True])), newline, draw(st.sampled_from([True, True, False]))


def _entry(draw, fresh) -> tuple[str, tuple[str, ...]]:
    title = draw(st.sampled_from([f" 第 {next(fresh).strip('w')} 次", ""]))
    heading = f"## {draw(st.sampled_from(DAYS))} {draw(st.sampled_from(LABELS))}{title}"
    return heading, tuple(_line(draw, fresh) for _ in range(draw(st.integers(1, 4))))


def _line(draw, fresh):
    word = next(fresh)
    vid = f"{word.strip('w'):0>8}"
    said = SENTENCES[int(word.strip("w")) % len(SENTENCES)]
    return draw(
        st.sampled_from(
            [f"{said} {word}。", f"金额:: {word} 元", f"底价 {word} sealed-{vid}。", f"- {said} {word}"]
        )
    )


def _value(draw, name: str, fresh):
    if name == "needs":
        return tuple(next(fresh) for _ in range(draw(st.integers(1, 3))))
    if name == "consent":
        return (("date", "2026-01-01"), ("method", next(fresh)))
    if name == "contacts":
        people = draw(st.lists(st.sampled_from(["王总", "刘姐", "Ann"]), unique=True, min_size=1, max_size=3))
        return tuple((person, next(fresh)) for person in people)
    if name == "mobile":
        word = next(fresh)
        return f"sealed-{word.strip('w'):0>8} # {word}"
    return draw(st.sampled_from(["{}", '"{}"', "{}: x", "'{} it''s'"][:2])).format(next(fresh))


def _edited(draw, was: Writing, fresh, plain: bool) -> Writing:
    for _ in range(draw(st.integers(0, 4))):
        was = draw(st.sampled_from(_EDITS))(draw, was, fresh)
    if not plain and draw(st.integers(0, 4)) == 0:
        bom, newline, is_ended = _layout(draw)
        was = was._replace(bom=bom, newline=newline, is_ended=is_ended)
    return was


def _add_entry(draw, was: Writing, fresh) -> Writing:
    at = draw(st.integers(0, len(was.entries)))
    return was._replace(entries=(*was.entries[:at], _entry(draw, fresh), *was.entries[at:]))


def _remove_entry(draw, was: Writing, fresh) -> Writing:
    if not was.entries:
        return was
    at = draw(st.integers(0, len(was.entries) - 1))
    return was._replace(entries=was.entries[:at] + was.entries[at + 1 :])


def _edit_entry(draw, was: Writing, fresh) -> Writing:
    if not was.entries:
        return was
    at = draw(st.integers(0, len(was.entries) - 1))
    heading, body = was.entries[at]
    place = draw(st.integers(0, len(body)))
    drop = draw(st.integers(0, 1))
    body = (*body[:place], _line(draw, fresh), *body[place + drop :])
    return was._replace(entries=(*was.entries[:at], (heading, body), *was.entries[at + 1 :]))


def _move_entries(draw, was: Writing, fresh) -> Writing:
    return was._replace(entries=tuple(draw(st.permutations(was.entries))))


def _set_field(draw, was: Writing, fresh) -> Writing:
    name = draw(st.sampled_from(sorted(KEYS)))
    value = _value(draw, name, fresh)
    if name in dict(was.fields):
        return was._replace(fields=tuple((own, value if own == name else old) for own, old in was.fields))
    at = draw(st.integers(0, len(was.fields)))
    return was._replace(fields=(*was.fields[:at], (name, value), *was.fields[at:]))


def _remove_field(draw, was: Writing, fresh) -> Writing:
    if not was.fields:
        return was
    at = draw(st.integers(0, len(was.fields) - 1))
    return was._replace(fields=was.fields[:at] + was.fields[at + 1 :])


def _respell(draw, was: Writing, fresh) -> Writing:
    return was._replace(keys=was.keys ^ {draw(st.sampled_from(sorted(KEYS)))})


def _profile(draw, was: Writing, fresh) -> Writing:
    return was._replace(profile=(*was.profile[: draw(st.integers(0, 2))], f"概况 {next(fresh)}。"))


def _comment(draw, was: Writing, fresh) -> Writing:
    if not was.fields:
        return was
    return was._replace(comments=(*was.comments, (was.fields[-1][0], next(fresh))))


_EDITS = [
    _add_entry,
    _add_entry,
    _remove_entry,
    _edit_entry,
    _edit_entry,
    _move_entries,
    _set_field,
    _set_field,
    _remove_field,
    _respell,
    _profile,
    _comment,
]
