"""Open a vault quickly: its settings and schema, compiled once and kept in the user's cache.

Kept are plain values, and beside them the very bytes of the files they were made from. They count only
when those files hold the same bytes now: no edit can go unseen, however quick. What is read back can run
no code, and whatever is wrong with it, the answer is made anew.
"""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from types import MappingProxyType

from vault_tool import __version__
from vault_tool.named import NamedTuple
from vault_tool.schema.files import LARGEST_FILE, SECTIONS, builtin_schema_dir
from vault_tool.schema.model import Schema
from vault_tool.vault.accepted import accepted_file, held
from vault_tool.vault.kept import STABLE, keep, read_kept
from vault_tool.vault.places import Places, cache_home, place_key, places_of
from vault_tool.vault.settings import SETTINGS_NAME, Person, Settings, load_settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    Table = TypeVar("Table", bound=tuple[Any, ...])

_MARK = b"vault-opening-1\n"
# Changed code makes other values of the same files, also while the version stays: in a checkout.
_CODE = (
    *("schema/build.py", "schema/draft.py", "schema/model.py", "schema/phrases.py", "schema/plain.py"),
    *("schema/sealing.py", "schema/source.py", "vault/accepted.py", "vault/kept.py"),
    *("vault/opening.py", "vault/setting_reader.py", "vault/settings.py", "vault/settings_read.py"),
)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # a pipe of a file's name would never end
_BINARY = getattr(os, "O_BINARY", 0)


class Opening(NamedTuple):
    """What there is to know of a vault before its notes."""

    settings: Settings
    schema: Schema
    places: Places


def open_root(root: Path, env: Mapping[str, str]) -> Opening:
    """Read the settings and the schema of the vault at `root`; raises what is wrong with them."""
    path = os.path.realpath(root)
    seen = sources(root, env)
    file = cache_home(env) / f"opening-{zlib.crc32(os.fsencode(path)):08x}"
    key = (__version__, path, _code(), seen)
    if seen and isinstance(kept := read_kept(file, _MARK, key), tuple):
        with suppress(ValueError, TypeError, LookupError):
            return _opening(kept, env)
    from vault_tool.schema.build import load_schema  # here: this takes a third of a query's time

    settings = load_settings(root)
    schema = held(root, env, load_schema(root / "schema"))
    place = place_key(root, settings.id)
    # A message would lose its translation; and files that changed meanwhile are not those that were read.
    if seen and not settings.warnings and seen == sources(root, env):
        from vault_tool.schema.plain import plain_schema

        values = (plain_settings(settings), plain_schema(schema), place)
        keep(file, _MARK, key, values, STABLE)
    return Opening(settings, schema, places_of(place, env))


def _opening(kept: tuple[Any, ...], env: Mapping[str, str]) -> Opening:
    from vault_tool.schema.plain import schema_of

    settings, schema, place = kept
    return Opening(settings_of(settings), schema_of(schema), places_of(place, env))


# --- files -------------------------------------------------------------------------------------------------


def sources(root: Path, env: Mapping[str, str]) -> tuple[bytes | None, ...]:
    """Return the bytes of all files that settings and schema are made of, None where there is none.

    What was accepted on this machine is one of them.

    Nothing at all when one of them is odd: then it is read, and refused, in full.
    """
    try:
        return tuple(_bytes(path) for path in (*_paths(root), accepted_file(root, env)))
    except (OSError, ValueError):
        return ()


def _paths(root: Path) -> Iterator[Path]:
    yield root / SETTINGS_NAME
    for folder in (builtin_schema_dir(), root / "schema"):
        for name in SECTIONS:
            yield folder / name


def _bytes(path: Path) -> bytes | None:
    try:
        handle = os.open(path, os.O_RDONLY | _NO_WAIT | _BINARY)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        seen = os.fstat(handle)
        if not stat.S_ISREG(seen.st_mode) or seen.st_size > LARGEST_FILE:
            raise ValueError(path)
        return os.read(handle, LARGEST_FILE + 1)
    finally:
        os.close(handle)


def _code() -> tuple[tuple[int, int], ...]:
    """Describe the code that makes the values."""
    package = Path(__file__).parent.parent
    try:
        seen = [os.stat(os.path.join(package, name)) for name in _CODE]  # noqa: PTH116, PTH118 - no time for more
    except OSError:
        return ()  # within an archive, which is of one version
    return tuple((one.st_mtime_ns, one.st_size) for one in seen)


# --- settings as plain values ------------------------------------------------------------------------------


def plain_settings(settings: Settings) -> tuple[Any, ...]:
    """Return settings as tuples, dicts, texts and numbers."""
    plain: tuple[Any, ...] = _plain(settings)
    return plain


def _plain(value: object) -> Any:
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    # The only date in the settings is the day that the linter goes by.
    return value.isoformat() if isinstance(value, date) else value


def settings_of(plain: tuple[Any, ...]) -> Settings:
    """Return the settings that these plain values are of."""
    settings = _table(Settings, plain)
    as_of = settings.lint.as_of
    return settings._replace(
        people=tuple(Person._make(person) for person in settings.people),
        lint=settings.lint._replace(as_of=date.fromisoformat(as_of) if isinstance(as_of, str) else None),
    )


def _table(kind: type[Table], plain: tuple[Any, ...]) -> Table:
    """Return a section of the settings; its defaults tell which of its values are sections."""
    defaults: Mapping[str, object] = getattr(kind, "_field_defaults")  # noqa: B009 - any named tuple has it
    values: list[object] = []
    for name, value in zip(getattr(kind, "_fields"), plain, strict=True):  # noqa: B009
        default = defaults.get(name)
        if hasattr(default, "_fields") and isinstance(value, tuple):
            values.append(_table(type(default), value))  # type: ignore[type-var]
        else:
            values.append(MappingProxyType(value) if isinstance(value, dict) else value)
    return kind.__new__(kind, *values)  # type: ignore[arg-type]
