"""Any file of a vault that is no note, merged: settings by key, texts by line, else one is taken.

What can't stand in the file is kept whole, at `place_for_other`. Nothing ever holds a marker.
"""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath

from vault_tool.merge.erased import ERASED, merge_tombstones
from vault_tool.merge.keyed import later, merge_by_key
from vault_tool.merge.layout import lay, merged_layout, put
from vault_tool.merge.lines import Agreed, combined, merge_lines
from vault_tool.merge.note import Merged, merge_note
from vault_tool.merge.rules import Rules, is_note
from vault_tool.vault.keyring import GROUP_KEYS, KEYRING
from vault_tool.vault.settings import SETTINGS_NAME

CONFLICTS = PurePosixPath(".vault/conflicts")
_SETTINGS = PurePosixPath(SETTINGS_NAME)
_TEMPLATES, _SCHEMA = "templates", "schema"
# Lists of lines whose order hardly counts: both sides' stand.
_LISTS = (".gitignore", ".gitattributes")


def merge_content(path: PurePosixPath, base: bytes | None, a: bytes, b: bytes, rules: Rules) -> Merged:
    """Merge a file as what it is, a note or any other; symmetric in `a` and `b`, never raises."""
    if is_note(path, rules, base, a, b):
        return merge_note(path, base, a, b, rules.schema)
    return merge_file(path, base, a, b, rules)


def merge_file(path: PurePosixPath, base: bytes | None, a: bytes, b: bytes, rules: Rules) -> Merged:
    """Merge a file, symmetric in `a` and `b`; never raises. Base None: both added it.

    `conflicts` are the settings, dotted, in which one side gave way, "" for a whole file; then `parked` is
    that side's file.
    """
    if a == b or b == base:
        return Merged(a)
    if a == base:
        return Merged(b)
    if path == KEYRING:
        return _merge_keyrings(base, a, b)
    if path.parts[:2] == GROUP_KEYS.parts and (base is not None or "-" in path.stem):
        # One key, wrapped on both sides: where its readers came to be others, the keyring has it renewed.
        return Merged(later(a, b))
    if path == ERASED:
        return Merged(merge_tombstones(base or b"", a, b))
    winner = later(a, b)
    loser = b if winner == a else a
    is_toml = path == _SETTINGS or (path.parts[0] == CONFLICTS.parts[0] and path.suffix == ".toml")
    if is_toml or (path.parts[0] == _SCHEMA and path.suffix in (".yaml", ".yml")):
        from vault_tool.merge.readers import (
            read_toml_items,
            read_yaml_items,
        )  # here: git's driver is in haste

        by_key = merge_by_key(read_toml_items if is_toml else read_yaml_items, base, a, b)
        if by_key and (
            path != _SETTINGS
            or reads_as_settings(by_key.data)
            or not (reads_as_settings(a) and reads_as_settings(b))
        ):
            return Merged(by_key.data, by_key.conflicts, parked=loser if by_key.conflicts else None)
        return Merged(winner, ("",), parked=loser)
    if path.parts[0] == _TEMPLATES and path.suffix == ".md":
        # An open conflict in it would get into every new note.
        merged = merge_note(path, base, a, b, rules.schema)
        is_whole = not merged.conflicts and merged.parked is None
        return merged if is_whole else Merged(winner, ("",), parked=loser)
    by_line = _merge_lines(base, a, b, is_list=path.name in _LISTS)
    return Merged(by_line) if by_line is not None else Merged(winner, ("",), parked=loser)


def _merge_keyrings(base: bytes | None, a: bytes, b: bytes) -> Merged:
    from vault_tool.merge.keyring import join_keyrings  # here: git's driver is in haste

    winner = max(a, b, key=lambda data: (epoch_of(data), data))
    other = b if winner == a else a
    joined = join_keyrings(base, a, b)
    if joined is None:
        return Merged(winner, ("",), parked=other)
    return Merged(joined.data, ("",), parked=other) if joined.is_one_sided else Merged(joined.data)


def place_for_other(path: PurePosixPath, data: bytes) -> PurePosixPath:
    """Return where a version of a file is kept that gave way: the same content always at the same place."""
    mark = hashlib.sha256(data).hexdigest()[:8]
    folder = path.parts[0]
    if path == _SETTINGS or folder in (_SCHEMA, _TEMPLATES):
        return CONFLICTS / path.with_name(f"{path.stem}-{mark}{path.suffix}")
    if folder == CONFLICTS.parts[0] and path.parts[:2] != CONFLICTS.parts:
        within = path.relative_to(CONFLICTS.parts[0])
        return CONFLICTS / within.with_name(f"{path.stem}-{mark}{path.suffix}")
    return path.with_name(f"{path.stem}.conflict-{mark}{path.suffix}")


def epoch_of(data: bytes) -> int:
    """Return a keyring's epoch; of one that can't be read less than any."""
    import tomllib

    try:
        epoch = tomllib.loads(data.decode("utf-8-sig")).get("epoch")
    except (ValueError, RecursionError):
        return -1
    return epoch if isinstance(epoch, int) else -1


def reads_as_settings(data: bytes) -> bool:
    """Tell whether a vault can be opened with these bytes as its settings."""
    from vault_tool.errors import VaultError
    from vault_tool.vault.settings_read import parse_settings

    try:
        parse_settings(data.decode("utf-8-sig"), Path(SETTINGS_NAME))
    except (VaultError, UnicodeDecodeError):
        return False
    return True


def _merge_lines(base: bytes | None, a: bytes, b: bytes, *, is_list: bool) -> bytes | None:
    """Merge texts by line; None where the sides dispute a line, or aren't text."""
    try:
        was, one, two = (lay(data.decode("utf-8")) for data in (base or b"", a, b))
    except UnicodeDecodeError:
        return None
    if "\0" in one.text or "\0" in two.text or (base is None and not is_list):
        return None
    lines: list[str] = []
    for region in merge_lines(*(laid.text.splitlines(keepends=True) for laid in (was, one, two))):
        if isinstance(region, Agreed):
            lines += region.lines
        elif is_list:
            lines += combined(region.a, region.b)
        else:
            return None
    before = was if base is not None else None
    layout = merged_layout(before.layout if before else None, one.layout, two.layout)
    return put("".join(lines), layout, before, one, two).encode()
