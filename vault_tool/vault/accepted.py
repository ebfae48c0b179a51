"""What a person on this machine accepted to be sealed: a schema that seals less waits until they say so.

It is noted down once the vault has keys that are trusted. What a schema seals in addition counts at once.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from vault_tool.errors import VaultError
from vault_tool.named import NamedTuple
from vault_tool.vault.places import make_private, state_home

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vault_tool.schema.model import Schema
    from vault_tool.schema.sealing import Loosening, Rules

FOLDER = "trust"


class Accepted(NamedTuple):
    """Who reads each group, and what is sealed."""

    readers: dict[str, list[str]]
    rules: Rules


def accepted_file(root: Path, env: Mapping[str, str]) -> Path:
    """Name the file for the vault at this path, whatever id it says it has."""
    # No SHA: whatever asks, however quick, asks for this.
    short = zlib.crc32(os.fsencode(os.path.realpath(root)))
    return state_home(env) / FOLDER / f"{short:08x}.sealed"


def accept_readers(root: Path, env: Mapping[str, str], readers: Mapping[str, Iterable[str]]) -> None:
    """Note who reads what is sealed; from the first time on, a schema that seals less has to wait.

    Raises `OSError`.
    """
    from vault_tool.schema.sealing import rules_of

    before = _read(root, env)
    rules = before.rules if before else rules_of(_standing(root))
    after = Accepted({name: sorted(ids) for name, ids in readers.items()}, rules)
    if after != before:
        _write(root, env, after)


def accept_schema(root: Path, env: Mapping[str, str]) -> tuple[Loosening, ...]:
    """Take what the schema in the vault's files seals, and nothing else; return what that opens."""
    from vault_tool.schema.sealing import loosened, rules_of

    if (before := _read(root, env)) is None:
        return ()
    schema = _standing(root)
    _write(root, env, before._replace(rules=rules_of(schema)))
    return loosened(before.rules, schema, before.readers)


def waiting(root: Path, env: Mapping[str, str]) -> tuple[Loosening, ...]:
    """Return what the schema in the vault's files seals less than was accepted."""
    from vault_tool.schema.sealing import loosened

    accepted = _read(root, env)
    return loosened(accepted.rules, _standing(root), accepted.readers) if accepted else ()


def forget_accepted(root: Path, env: Mapping[str, str]) -> None:
    """Let go of all that was accepted for this path."""
    with suppress(OSError):
        accepted_file(root, env).unlink()


def held(root: Path, env: Mapping[str, str], schema: Schema) -> Schema:
    """Return a schema as it counts here: what it seals less than was accepted stays sealed."""
    if (accepted := _read(root, env)) is None:
        return schema
    from vault_tool.schema.sealing import holding, kept, loosened

    changes = loosened(accepted.rules, schema, accepted.readers)
    if (rules := kept(accepted.rules, schema, changes)) != accepted.rules:
        with suppress(OSError, VaultError):  # then it is noted down the next time
            _write(root, env, accepted._replace(rules=rules))
    return holding(schema, changes)


def _standing(root: Path) -> Schema:
    from vault_tool.schema import load_schema

    return load_schema(root / "schema")


def _read(root: Path, env: Mapping[str, str]) -> Accepted | None:
    """Return what was accepted; None where nothing was, or what was is damaged: then it begins anew."""
    try:
        data = accepted_file(root, env).read_bytes()
    except OSError:
        return None
    import json

    from vault_tool.schema.sealing import rules_from

    try:
        told = json.loads(data)
        readers = {str(name): [str(each) for each in ids] for name, ids in told["readers"].items()}
        return Accepted(readers, rules_from(told["rules"]))
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def _write(root: Path, env: Mapping[str, str], accepted: Accepted) -> None:
    """Note it down, whole or not at all. Raises `OSError`, `PlaceUnusable`."""
    import json

    from vault_tool.schema.sealing import plain_rules

    path = accepted_file(root, env)
    make_private(path.parent)
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    told = {"readers": accepted.readers, "rules": plain_rules(accepted.rules)}
    try:
        temporary.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
