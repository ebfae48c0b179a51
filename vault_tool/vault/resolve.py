"""Which customer is meant: by id, name, alias, part of a name, a contact's name, or pinyin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum
from pathlib import PurePosixPath

from vault_tool.named import NamedTuple
from vault_tool.notes.folding import fold
from vault_tool.vault.catalog import Catalog
from vault_tool.vault.catalog_read import in_parts
from vault_tool.vault.names import pinyin_query


class How(IntEnum):
    """How a customer was recognised; what comes first is the surer sign."""

    ID = 0
    NAME = 1  # name, alias, file or path, in full
    NAME_START = 2
    NAME_PART = 3
    CONTACT = 4
    CONTACT_PART = 5
    PINYIN = 6


class Match(NamedTuple):
    """A customer that may be meant, and by what it was recognised."""

    key: int
    id: str | None
    path: PurePosixPath
    name: str
    how: How
    by: str
    is_archived: bool


def resolve(catalog: Catalog, text: str) -> list[Match]:
    """Return the customers that a text may mean, each once, the surest signs first.

    Only the surest kind of sign that anything bears is looked at: who is named in full is meant, whoever else
    has a name with that in it. Archived customers count only where no other does; but who is archived and
    named in full comes before those at work of whom only a part, or the pinyin, was said.
    """
    wanted = fold(text := text.strip())
    if not wanted:
        return []
    return _surest(_in_full(catalog, text, wanted)) or _surest(_in_part(catalog, text, wanted))


def nearest(catalog: Catalog, text: str, count: int = 5) -> list[str]:
    """Return the names that hold most of a text that means nobody, the likest first."""
    wanted = fold(text.strip())[:40]
    signs = set(wanted) - {" "}
    rated = []
    sql = "SELECT DISTINCT text, folded FROM names WHERE kind IN ('name', 'alias')"
    for name, folded in catalog.each(sql):
        shared = len(signs & set(folded))
        if shared * 2 >= len(signs) > 0:
            rated.append((-shared, len(folded), folded, name))
    # Comparing well is slow: only those that share most signs are compared.
    likest = sorted(
        ((_likeness(wanted, folded), name) for _, _, folded, name in sorted(rated)[:200]), reverse=True
    )
    return [name for likeness, name in likest[:count] if likeness > 0.45]


def _likeness(wanted: str, name: str) -> float:
    """Return how much of a text stands in a name in its order; a long name is a little less like it."""
    import difflib  # only where nothing else fits

    blocks = difflib.SequenceMatcher(None, wanted, name, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / len(wanted) - len(name) / 1000


_MATCH = "customers.key, id, path, name, is_archived"
_NAMED = f"SELECT {_MATCH}, names.text, names.kind, names.folded FROM names JOIN customers ON key = customer"


def _surest(tiers: Iterable[list[Match]]) -> list[Match]:
    """Return the first matches of customers at work; where there are none, the first archived ones."""
    archived: list[Match] = []
    for tier in tiers:
        if at_work := [match for match in tier if not match.is_archived]:
            return _each_once(at_work)
        archived = archived or tier
    return _each_once(archived)


def _in_full(catalog: Catalog, text: str, wanted: str) -> Iterator[list[Match]]:
    """Yield the matches by id, then by a name, alias, file or path in full."""
    exact = _exact(catalog, text, wanted)
    yield [match for match in exact if match.how is How.ID]
    yield [match for match in exact if match.how is How.NAME]


def _in_part(catalog: Catalog, text: str, wanted: str) -> Iterator[list[Match]]:
    """Yield the matches of each weaker kind of sign, the surest first; the dear ones are looked for last."""
    parts = _parts(catalog, wanted)
    yield [match for match in parts if match.how in (How.NAME_START, How.NAME_PART)]
    yield [match for match in parts if match.how is How.CONTACT]
    yield [match for match in parts if match.how is How.CONTACT_PART]
    yield _by_pinyin(catalog, text)


def _exact(catalog: Catalog, text: str, wanted: str) -> list[Match]:
    path = text.removeprefix("./")
    rows = [
        (*row, text, How.ID)
        for row in catalog.rows(f"SELECT {_MATCH} FROM customers WHERE id IN (?, ?)", (text, text.lower()))
    ]
    rows += [
        (*row, text, How.NAME)
        for row in catalog.rows(f"SELECT {_MATCH} FROM customers WHERE path IN (?, ? || '.md')", (path, path))
    ]
    sql = f"{_NAMED} WHERE folded = ? AND kind IN ('name', 'alias', 'stem') ORDER BY path"
    rows += [(*row[:6], How.NAME) for row in catalog.rows(sql, (wanted,))]
    return [_match(row) for row in rows]


def _parts(catalog: Catalog, wanted: str) -> list[Match]:
    matches = []
    for *row, kind, folded in catalog.rows(f"{_NAMED} WHERE instr(folded, ?)", (wanted,)):
        if kind == "contact":
            how = How.CONTACT if folded == wanted else How.CONTACT_PART
        else:
            how = How.NAME_START if folded.startswith(wanted) else How.NAME_PART
        matches.append(_match((*row, how)))
    return sorted(matches, key=lambda match: (match.how, len(match.by), match.path))


def _by_pinyin(catalog: Catalog, text: str) -> list[Match]:
    query = pinyin_query(text)
    if query is None:
        return []
    fits = query.fits(
        [key for (key,) in catalog.rows("SELECT DISTINCT pinyin FROM names WHERE pinyin != ''")]
    )
    rated = []
    for some in in_parts(list(fits)):
        marks = ", ".join("?" * len(some))
        sql = (
            f"SELECT {_MATCH}, names.text, pinyin, kind = 'contact' FROM names"
            f" JOIN customers ON key = customer WHERE pinyin IN ({marks})"
        )
        for *row, key, is_contact in catalog.rows(sql, some):
            rated.append(((is_contact, fits[key], len(row[-1]), row[2]), _match((*row, How.PINYIN))))
    return [match for _, match in sorted(rated, key=lambda item: item[0])]


def _match(row: tuple[object, ...]) -> Match:
    key, id, path, name, is_archived, by, how = row
    assert isinstance(key, int) and isinstance(how, How)
    return Match(
        key,
        id if isinstance(id, str) else None,
        PurePosixPath(str(path)),
        str(name),
        how,
        str(by),
        bool(is_archived),
    )


def _each_once(matches: list[Match]) -> list[Match]:
    best: dict[int, Match] = {}
    for match in matches:
        best.setdefault(match.key, match)
    return list(best.values())
