"""A vault, opened: its settings, its schema, its catalog, and every change to its files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.schema.model import Schema
from vault_tool.vault.lock import DEFAULT_TIMEOUT, write_lock
from vault_tool.vault.opening import open_root
from vault_tool.vault.places import Places
from vault_tool.vault.settings import DEFAULT_REVIEW, SETTINGS_NAME, Person, Settings, find_root

# What reads or writes notes is imported where it is needed: a query that finds all as it was does neither;
# the catalog, too: a sync asks none.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from random import Random

    from vault_tool.notes.note import Note
    from vault_tool.vault.catalog import Catalog
    from vault_tool.vault.catalog_read import Customer
    from vault_tool.vault.files import Content
    from vault_tool.vault.journal import Change, Committed, Undoing
    from vault_tool.vault.refresh import Freshness, Progress, Refresher
    from vault_tool.vault.resolve import Match

BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's alphabet in lower case
ID_LENGTH = 9


class ReadOnlyVault(VaultError):
    """The vault is of a newer version than this program."""

    message = N_("This vault has format version {version}, which this program can read but not write.")
    hint = N_("Install a newer vault-tool.")
    exit_code = Exit.UNREADABLE


class UnknownImportance(VaultError):
    """`[review]` names an importance that no customer can have."""

    message = N_("{path}: [review] has `{name}`, which is no importance.")
    hint = N_("Known are: {known}.")
    exit_code = Exit.UNREADABLE


class Vault:
    """A vault: what commands work with. Opening it reads its settings and schema, and no note."""

    def __init__(self, root: Path, settings: Settings, schema: Schema, places: Places) -> None:
        self.root = root
        self.settings = _with_canonical_review(settings, schema, root)
        self.schema = schema
        self.places = places
        self.is_for_writing = False
        """Whether this run is one that writes, or would have if there had been anything to write."""
        self._ahead: Refresher | None = None

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog as it is; `fresh` brings it up to date."""
        from vault_tool.vault.catalog import open_catalog

        return open_catalog(self.places.cache)

    # --- reading

    def look_ahead(self) -> None:
        """Begin what `fresh` does: where possible, that goes on while this process does something else."""
        # Whatever is the matter with the catalog, `fresh` deals with it.
        with suppress(VaultError):
            refresher = self._refresher()
            refresher.look_ahead()
            self._ahead = refresher

    def fresh(self, progress: Progress | None = None) -> Freshness:
        """Bring the catalog up to date with the files.

        A damaged catalog is made again. Where another process keeps it busy, its last state must do; where
        the disk takes nothing, one in memory does for this run.
        """
        from vault_tool.vault.catalog import Catalog, CatalogBusy, CatalogDamaged, CatalogUnwritable
        from vault_tool.vault.refresh import Freshness

        try:
            refresher, self._ahead = self._ahead or self._refresher(), None
            return refresher.refresh(progress)
        except CatalogBusy:
            return Freshness(is_stale=True)
        except CatalogDamaged:
            self.catalog.start_anew()
        except CatalogUnwritable:
            self.catalog.close()
            self.__dict__["catalog"] = Catalog(None)
        return self._refresher().refresh(progress)

    def customers(self, archived: bool | None = False) -> Iterator[Customer]:
        """Yield customers by path, from the catalog: at work, put away (True), or all (None)."""
        from vault_tool.vault.catalog_read import customers

        return customers(self.catalog, archived)

    def resolve(self, text: str) -> list[Match]:
        """Return the customers that a text may mean, the surest first; see `resolve.resolve`."""
        from vault_tool.vault.resolve import resolve

        return resolve(self.catalog, text)

    def nearest(self, text: str, count: int = 5) -> list[str]:
        """Return the names most like a text that means nobody."""
        from vault_tool.vault.resolve import nearest

        return nearest(self.catalog, text, count)

    def read(self, path: PurePosixPath) -> tuple[Note, str]:
        """Read a note and the digest of its bytes, which a change of it has to state."""
        from vault_tool.notes.note import parse_note
        from vault_tool.vault import files

        content = files.read(self.root, path)
        return parse_note(path, content.data, self.schema), content.digest

    # --- writing

    @contextmanager
    def writing(self, command: str, *, timeout: float = DEFAULT_TIMEOUT) -> Iterator[None]:
        """Keep other writers out while notes are read, planned and committed: nobody comes in between."""
        self.check_writable()
        self.is_for_writing = True
        with write_lock(self.places, command, timeout):
            yield

    def commit(
        self,
        changes: Iterable[Change],
        command: str,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        undoable: bool = True,
    ) -> Committed:
        """Write changes, undoable, and take them into the catalog; `journal.commit` says what is promised."""
        self.check_writable()
        from vault_tool.vault import journal

        done = journal.commit(self.places, self.root, command, changes, timeout=timeout, undoable=undoable)
        self._take(done.paths)
        return done

    def note_edit(self, path: PurePosixPath, before: Content, command: str) -> bool:
        """Make what an editor saved undoable, and take it into the catalog; False when nothing changed."""
        from vault_tool.vault import journal

        if not journal.note_edit(self.places, self.root, command, path, before):
            return False
        self._take([path])
        return True

    def undo(self, *, timeout: float = DEFAULT_TIMEOUT) -> Undoing:
        """Take back the last command's writes, and take that into the catalog."""
        self.check_writable()
        from vault_tool.vault import journal

        undone = journal.undo(self.places, self.root, timeout=timeout)
        self._take(undone.changed)
        return undone

    def peek_undo(self) -> Undoing:
        """Say what `undo` would do."""
        from vault_tool.vault import journal

        return journal.peek(self.places, self.root)

    def check_writable(self) -> None:
        """Refuse to go on in a vault that this program may only read."""
        if self.settings.read_only:
            raise ReadOnlyVault(version=self.settings.version)

    def new_id(self, random: Random) -> str:
        """Return an id that no customer has."""
        while True:
            made = new_id(random)
            if not self.catalog.rows("SELECT 1 FROM customers WHERE id = ?", (made,)):
                return made

    # --- people

    def whoami(self, env: Mapping[str, str], git_email: Callable[[], str | None]) -> Person | None:
        """Return who works here, None when nobody has said so yet."""
        from vault_tool.vault.whoami import whoami

        return whoami(self.settings, self.places, env, git_email)

    def remember_me(self, person: Person) -> None:
        """Keep who works here in local state."""
        from vault_tool.vault.whoami import remember_me

        remember_me(self.places, person)

    def _refresher(self) -> Refresher:
        from vault_tool.vault.refresh import Refresher

        return Refresher(self.catalog, self.root, self.settings, self.schema)

    def _take(self, paths: Iterable[PurePosixPath]) -> None:
        """Take written files into the catalog; should that fail, the next walk sees them."""
        from vault_tool.vault.catalog import CatalogBusy, CatalogDamaged, CatalogUnwritable

        self.is_for_writing = True
        self._ahead = None
        try:
            self._refresher().take(paths)
        except (CatalogBusy, CatalogUnwritable):
            pass
        except CatalogDamaged:
            self.catalog.start_anew()


def open_vault(cwd: Path, env: Mapping[str, str], given: Path | None = None) -> Vault:
    """Open the vault that a command means: as given, else `$VAULT_NOTES_DIR`, else from the folder upward."""
    return vault_at(find_root(cwd, env, given), env)


def vault_at(root: Path, env: Mapping[str, str]) -> Vault:
    """Open the vault of this root."""
    return Vault(root, *open_root(root, env))


def new_id(random: Random) -> str:
    """Return a new customer id: `c` and nine base32 characters."""
    return "c" + "".join(random.choices(BASE32, k=ID_LENGTH))


def new_vault_id(random: Random) -> str:
    """Return a new vault id: `v` and seven base32 characters."""
    return "v" + "".join(random.choices(BASE32, k=7))


def _with_canonical_review(settings: Settings, schema: Schema, root: Path) -> Settings:
    review = {}
    for name, days in settings.review.items():
        word = schema.word("importance", name)
        if word is None and name not in DEFAULT_REVIEW and not settings.read_only:
            known = ", ".join(word.name for word in schema.vocabularies.get("importance", ()))
            raise UnknownImportance(path=root / SETTINGS_NAME, name=name, known=known)
        review[word.name if word else name] = days
    return settings._replace(review=MappingProxyType(review))
