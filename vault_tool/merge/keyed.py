"""Settings files merged by key: each setting's text is taken over as somebody typed it, comments and all.

A reader cuts a file into `Item`s; whatever it doesn't know how to cut, it leaves (None), and the file is
merged in another way. What comes out is read again, and counts only where it says what was decided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vault_tool.merge.choice import merged_order, settle
from vault_tool.merge.layout import lay, merged_layout, put
from vault_tool.named import NamedTuple


class Item(NamedTuple):
    """One setting, or a table of settings: the text from one to the next, with what stands before it."""

    lead: str
    """Comments and empty lines above it."""
    text: str
    """Its own lines; of a table the heading."""
    value: object
    """What it says, to compare; of a table None."""
    items: Mapping[str, Item] | None = None
    tail: str = ""
    """What stands behind the last setting of the file."""


Reader = Callable[[str], Item | None]


class ByKey(NamedTuple):
    """What became of a file; `conflicts` are the settings, dotted, that both sides gave other values."""

    data: bytes
    conflicts: tuple[str, ...]


def later(a: bytes, b: bytes) -> bytes:
    """Return which of two contents wins where only one can: whoever asks, the answer is the same."""
    return max(a, b)


def merge_by_key(read: Reader, base: bytes | None, a: bytes, b: bytes) -> ByKey | None:
    """Merge a settings file, symmetric in `a` and `b`; None where it can't be done by key.

    Settings that both changed are all taken from one side, the `later` one; changed by one and removed by
    the other, a setting stays. The order is the base's, with what is new behind what it was put behind.
    """
    first = later(a, b)
    second = b if first == a else a
    try:
        before = lay(base.decode("utf-8")) if base is not None else None
        one, two = lay(first.decode("utf-8")), lay(second.decode("utf-8"))
    except UnicodeDecodeError:
        return None
    items = [read(laid.text if laid else "") for laid in (before, one, two)]
    conflicts: list[str] = []
    if items[0] is None or items[1] is None or items[2] is None:
        return None
    merged = _merged((), items[0], items[1], items[2], conflicts)
    assert merged is not None  # the file itself stands on both sides
    text = written(merged)
    again = read(text)
    if again is None or _said(again) != _said(merged):
        return None
    layout = merged_layout(before.layout if before else None, one.layout, two.layout)
    return ByKey(put(text, layout, before, one, two).encode(), tuple(conflicts))


def written(item: Item) -> str:
    """Return an item as it stands in a file."""
    return f"{item.lead}{item.text}{''.join(map(written, (item.items or {}).values()))}{item.tail}"


def _said(item: Item) -> object:
    if item.items is None:
        return item.value
    return {key: _said(inner) for key, inner in item.items.items()}


def _merged(
    path: tuple[str, ...], base: Item | None, a: Item | None, b: Item | None, conflicts: list[str]
) -> Item | None:
    """Return what becomes of an item, None where it goes; where only one can be, it is `a`."""
    if _is_same(a, b) or _is_same(b, base):
        return a
    if _is_same(a, base):
        return b
    if a is None or b is None:
        return a or b
    if a.items is None or b.items is None:
        around = _settled(base, a, b)
        if _said(a) == _said(b):
            return a._replace(lead=around.lead, text=around.text)
        if base is not None and _said(a) == _said(base):
            return b._replace(lead=around.lead)
        if base is None or _said(b) != _said(base):
            conflicts.append(".".join(key.strip("[]") for key in path))
        return a._replace(lead=around.lead)
    before = base.items if base and base.items is not None else {}
    found = {
        key: item
        for key in {**before, **a.items, **b.items}
        if (item := _merged((*path, key), before.get(key), a.items.get(key), b.items.get(key), conflicts))
    }
    order = merged_order(list(before), list(a.items), list(b.items), found, str)
    # In TOML a setting behind a table would be one of that table.
    order.sort(key=lambda key: key.startswith("["))
    return _settled(base, a, b)._replace(items={key: found[key] for key in order})


def _settled(base: Item | None, a: Item, b: Item) -> Item:
    """Return what stands around two items: comments, a heading."""
    was = base or Item("", "", None)
    lead, text, tail = (
        settle(getattr(was, part), getattr(a, part), getattr(b, part), lambda one, _other: one)
        for part in ("lead", "text", "tail")
    )
    return Item(lead, text, None, None, tail)


def _is_same(one: Item | None, other: Item | None) -> bool:
    return one is other if one is None or other is None else written(one) == written(other)
