"""What a merge of files goes by: what is a note, and what the words in it mean."""

from __future__ import annotations

from pathlib import PurePosixPath

from vault_tool.named import NamedTuple
from vault_tool.notes.frontmatter import parse_front_matter
from vault_tool.notes.text import decode
from vault_tool.notes.values import read_value
from vault_tool.schema import Schema
from vault_tool.vault.settings import Settings
from vault_tool.vault.walk import ARCHIVE_GLOB, RESERVED_FOLDERS, matches_globs

_HEADS = (b"---", b"\xef\xbb\xbf---")


class Rules(NamedTuple):
    """A vault's id, its schema, and the globs of its notes: the customers' and the archive's."""

    vault_id: str
    schema: Schema
    notes: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings, schema: Schema) -> Rules:
        """Return the rules that a vault's settings and schema make."""
        return cls(settings.id, schema, (*settings.customers, ARCHIVE_GLOB))


def is_note(path: PurePosixPath, rules: Rules, *versions: bytes | None) -> bool:
    """Tell whether a file is a customer's note; any Markdown may be that has front matter in some version."""
    if matches_globs(path, rules.notes):
        return True
    if path.suffix.lower() != ".md" or path.parts[0] in RESERVED_FOLDERS:
        return False
    return any(data is not None and data.startswith(_HEADS) for data in versions)


def are_two_customers(path: PurePosixPath, one: bytes, other: bytes, rules: Rules) -> bool:
    """Tell whether notes that stand at one path are two customers': one was moved to where the other is."""
    if not is_note(path, rules, one, other):
        return False
    ids = [customer_id(data, rules.schema) for data in (one, other)]
    return None not in ids and ids[0] != ids[1]


def customer_id(data: bytes, schema: Schema) -> str | None:
    """Return the id that a note gives its customer."""
    front_matter = parse_front_matter(decode(data).text, schema)
    for top in front_matter.fields if front_matter else ():
        if top.field is not None and top.field.name == "id":
            value = read_value(top.field, top.node, schema)
            return value.strip() or None if isinstance(value, str) else None
    return None
