"""Take in a folder of foreign notes: what is there, what would become of it, and the changes that do it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from vault_tool.errors import VaultError
from vault_tool.messages import N_, Language
from vault_tool.named import NamedTuple
from vault_tool.notes.adopt import Adoption, adopt, title_of
from vault_tool.notes.frontmatter import parse_front_matter
from vault_tool.notes.nodes import Scalar
from vault_tool.notes.note import parse_note
from vault_tool.notes.text import UNREADABLE, decode
from vault_tool.notes.values import parse_loose_date
from vault_tool.schema import Schema
from vault_tool.vault import files
from vault_tool.vault.globs import fold_name
from vault_tool.vault.journal import Change
from vault_tool.vault.paths import CUSTOMERS, customer_path, file_stem
from vault_tool.vault.refresh import Progress
from vault_tool.vault.settings import DEFAULT_CUSTOMERS, SETTINGS_NAME
from vault_tool.vault.vault import BASE32, ID_LENGTH
from vault_tool.vault.walk import RESERVED_FOLDERS, Odd, Oddity, matches_globs, scan

SUFFIXES = frozenset({".md", ".markdown", ".txt"})
ARCHIVE = "archive"

IS_README = N_("it describes the folder")
IS_TEMPLATE = N_("it is a template")
IS_DAY = N_("it is a day's note, no customer's")
IN_OTHER_VAULT = N_("it belongs to another vault")
NOT_CUSTOMERS = N_("`customers` in vault.toml doesn't name it")
IS_KNOWN = N_("it was taken in before: {path}")
HAS_KNOWN_ID = N_("its id `{id}` is in the vault already: {path}")
HAS_SAME_ID = N_("it has the same id as {path}: `{id}`")
IS_READ_ONLY = N_("it is marked read-only")
IN_CLOSED_FOLDER = N_("the folder {folder} can't be written to")
_ODD: Mapping[Odd, str] = {
    Odd.SYMLINK: N_("it is a symbolic link"),
    Odd.FOLDER: N_("it is a folder"),
    Odd.UNREADABLE: N_("it can't be read: {detail}"),
    Odd.TOO_LARGE: N_("it is too large for a note: {detail} bytes"),
    Odd.SPECIAL: N_("it is no plain file"),
    Odd.BAD_NAME: N_("its name is not valid UTF-8"),
}
_NO_CUSTOMERS = frozenset({IS_README, IS_TEMPLATE, IS_DAY, IN_OTHER_VAULT})


class Left(NamedTuple):
    """A file that is left alone, and why: a message id and its values."""

    path: PurePosixPath
    reason: str
    values: Mapping[str, object] = {}


class Source(NamedTuple):
    """A foreign note as it was read; the path counts from the folder that is taken in."""

    path: PurePosixPath
    text: str
    digest: str
    encoding: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a folder holds: notes, files left alone with a reason, and how many files of other kinds."""

    notes: tuple[Source, ...]
    left: tuple[Left, ...]
    others: int


@dataclass(frozen=True, slots=True)
class Adopted:
    """One note, what becomes of it, and where it will stand; paths are the vault's where `in_place`."""

    source: Source
    path: PurePosixPath
    adoption: Adoption
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class AdoptionPlan:
    """What taking in a folder would do. `unchanged` counts the notes that are right as they are."""

    notes: tuple[Adopted, ...]
    left: tuple[Left, ...]
    others: int
    unchanged: int

    @property
    def changes(self) -> list[Change]:
        """All changes, in the order of the notes."""
        return [change for note in self.notes for change in note.changes]


@dataclass(frozen=True, slots=True)
class Into:
    """The vault that takes the notes in: its paths, ids and words, and what fills the missing fields.

    `beneath` is where the folder lies in the vault when its notes are changed in place, else None.
    """

    root: Path
    vault_id: str
    globs: tuple[str, ...]
    schema: Schema
    language: Language
    fields: Mapping[str, str]
    known_ids: Mapping[str, PurePosixPath]
    beneath: PurePosixPath | None


# --- what is there -----------------------------------------------------------------------------------------


def gather(folder: Path, vault_root: Path) -> Gathered:
    """Read the notes of a folder, in the order of their paths; what is no customer's is left, with a reason.

    Hidden folders and what editors leave behind are passed over without a word; links are not followed.
    """
    oddities: list[Oddity] = []
    paths = [PurePosixPath(seen.path) for seen in scan(folder, ("**/*",), oddities)]
    vaults = {path.parent for path in paths if path.name == SETTINGS_NAME} - {PurePosixPath()}
    if vault_root != folder and vault_root.is_relative_to(folder):
        vaults.add(PurePosixPath(vault_root.relative_to(folder).as_posix()))
    templates = _template_folders(folder)
    notes: list[Source] = []
    left = [_odd(oddity) for oddity in oddities if _is_worth_telling(oddity)]
    others = 0
    for path in sorted(paths):
        if path.suffix.casefold() not in SUFFIXES:
            others += path.name != SETTINGS_NAME
        elif why := _not_a_customer(path, vaults, templates):
            left.append(Left(path, why))
        else:
            read = _read(folder, path)
            if isinstance(read, Left):
                left.append(read)
            else:
                notes.append(read)
    return Gathered(tuple(notes), _sorted(left), others)


def _template_folders(folder: Path) -> frozenset[str]:
    """Return the (folded) folders of templates: the usual name, and the one that Obsidian was told."""
    named = {"templates"}
    try:
        told = json.loads((folder / ".obsidian" / "templates.json").read_text(encoding="utf-8"))
        named.add(fold_name(str(told["folder"]).strip("/")))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return frozenset(named)


def _not_a_customer(path: PurePosixPath, vaults: set[PurePosixPath], templates: frozenset[str]) -> str | None:
    if any(parent in vaults for parent in path.parents):
        return IN_OTHER_VAULT
    folders = [fold_name(part) for part in path.parts[:-1]]
    if any(part in templates for part in folders) or "/".join(folders) in templates:
        return IS_TEMPLATE
    if fold_name(path.name).startswith("readme"):
        return IS_README
    return IS_DAY if parse_loose_date(path.stem) else None


def _read(folder: Path, path: PurePosixPath) -> Source | Left:
    try:
        content = files.read(folder, path)
    except VaultError as error:
        return Left(path, error.message, error.values)
    decoded = decode(content.data)
    if decoded.encoding == "unknown" or "\0" in decoded.text:
        return Left(path, decoded.problem or UNREADABLE, {"encoding": decoded.encoding})
    if decoded.encoding == "utf-16" and "\ufffd" in decoded.text:
        return Left(path, UNREADABLE)
    return Source(path, decoded.text, content.digest, decoded.encoding)


def _is_worth_telling(oddity: Oddity) -> bool:
    """Tell whether an odd place could have held a note: every folder has "the name of a note" for `**/*`."""
    is_note = oddity.path.suffix.casefold() in SUFFIXES
    return is_note or (oddity.kind in (Odd.UNREADABLE, Odd.SYMLINK) and not oddity.path.suffix)


def _odd(oddity: Oddity) -> Left:
    return Left(oddity.path, _ODD[oddity.kind], {"detail": oddity.detail})


def _sorted(left: Iterable[Left]) -> tuple[Left, ...]:
    return tuple(sorted(left, key=lambda each: each.path))


_DAY_GLOB = f"!**/{'-'.join('[0-9]' * count for count in (4, 2, 2))}.md"


def proposed_globs(gathered: Gathered) -> tuple[str, ...]:
    """Return the globs that name the notes of a folder which is to be a vault, and no other file of it."""
    globs = list(DEFAULT_CUSTOMERS)
    for top in sorted({note.path.parts[0] if len(note.path.parts) > 1 else "" for note in gathered.notes}):
        if not top:
            globs.append("*.md")
        elif fold_name(top) not in (*RESERVED_FOLDERS, ARCHIVE, str(CUSTOMERS)):
            globs.append(f"{_literal(top)}/**/*.md")
    others = [each.path for each in gathered.left if each.reason in _NO_CUSTOMERS]
    for usual in ("!**/README*.md", _DAY_GLOB):
        if any(matches_globs(path, globs) and not matches_globs(path, (*globs, usual)) for path in others):
            globs.append(usual)
    for path in others:
        if matches_globs(path, globs):
            folder = _folder_without_notes(path, gathered)
            globs.append(f"!{_literal(str(folder))}/**/*.md" if folder else f"!{_literal(str(path))}")
    return tuple(globs)


def _folder_without_notes(path: PurePosixPath, gathered: Gathered) -> PurePosixPath | None:
    """Return the outermost folder of a file that holds no customer's note."""
    for folder in reversed(path.parents[:-1]):
        if not any(note.path.is_relative_to(folder) for note in gathered.notes):
            return folder
    return None


def _literal(path: str) -> str:
    """Return a path as a glob for it alone (no glob can say a leading `!` or a backslash)."""
    return re.sub(r"^!|\\", "?", re.sub(r"([*?\[])", r"[\1]", path))


# --- what becomes of it ------------------------------------------------------------------------------------


def plan_adoption(
    folder: Path,
    gathered: Gathered,
    into: Into,
    taken: Iterable[PurePosixPath],
    today: date,
    progress: Progress = lambda done, total: None,
) -> AdoptionPlan:
    """Decide what becomes of every note; nothing is written.

    In the vault's own folder notes are changed where they stand; from elsewhere they come as new files
    into `customers/`, in the folders they were in.
    """
    planner = _Planner(folder, into, taken, today, gathered.notes)
    notes: list[Adopted] = []
    left = list(gathered.left)
    unchanged = 0
    for done, source in enumerate(gathered.notes):
        planned = planner.plan(source)
        if isinstance(planned, Left):
            left.append(planned)
        elif planned.changes:
            notes.append(planned)
        else:
            unchanged += 1
        progress(done + 1, len(gathered.notes))
    return AdoptionPlan(tuple(notes), _sorted(left), gathered.others, unchanged)


def derived_id(vault_id: str, path: PurePosixPath) -> str:
    """Return the id of a note that brings none: the same for the same vault and path, in every clone."""
    name = unicodedata.normalize("NFC", str(path))
    number = int.from_bytes(hashlib.sha256(f"{vault_id}\n{name}".encode()).digest())
    return "c" + "".join(BASE32[number >> 5 * place & 31] for place in range(ID_LENGTH))


def _title(source: Source, schema: Schema) -> str | None:
    return title_of(parse_note(source.path, source.text, schema))


class _Planner:
    """Plans note by note, and remembers which names and ids are given away."""

    def __init__(
        self,
        folder: Path,
        into: Into,
        taken: Iterable[PurePosixPath],
        today: date,
        sources: Sequence[Source],
    ) -> None:
        self._folder = folder
        self._into = into
        own = [into.beneath / source.path for source in sources] if into.beneath is not None else []
        self._given = {fold_name(str(path)) for path in (*taken, *own)}
        self._today = today
        self._titles = {source.path: _title(source, into.schema) for source in sources}
        self._counts = Counter(self._titles.values())
        self._own = frozenset(own)
        self._ids: dict[str, PurePosixPath] = {}

    def plan(self, source: Source) -> Adopted | Left:
        """Decide about one note."""
        into = self._into
        if into.beneath is not None:
            own = into.beneath / source.path
            if not matches_globs(own.with_suffix(".md"), (*into.globs, f"{ARCHIVE}/**/*.md")):
                return Left(source.path, NOT_CUSTOMERS)
            note_id = derived_id(into.vault_id, own)
        else:
            note_id = derived_id(into.vault_id, self._folder.name / source.path)
        front_matter = parse_front_matter(source.text, into.schema)
        given_id = ""
        if front_matter and (given := front_matter.get("id")) and isinstance(given.node, Scalar):
            given_id = given.node.text.strip()
            note_id = given_id or note_id
        if why := self._is_known(source, note_id, is_given=bool(given_id)):
            return why
        title = self._titles[source.path]
        # What several notes call themselves are the words of a template, and nobody's name.
        name = title if title and self._counts[title] == 1 else source.path.stem
        adoption = adopt(
            source.path,
            source.text,
            into.schema,
            {"id": note_id, "name": unicodedata.normalize("NFC", name), **into.fields},
            today=self._today,
            language=into.language,
        )
        path = self._path(source, note_id)
        changes = tuple(self._changes(source, path, adoption))
        if not changes and adoption.problem:
            return Left(source.path, adoption.problem.message, adoption.problem.values)
        if why := self._refusal(source, changes):
            return why
        self._ids[note_id] = source.path
        return Adopted(source, path, adoption, changes)

    def _is_known(self, source: Source, note_id: str, *, is_given: bool) -> Left | None:
        """Say which other note has this id: the first one keeps it, and ids are never made up anew."""
        if other := self._ids.get(note_id):
            return Left(source.path, HAS_SAME_ID, {"path": other, "id": note_id})
        known = self._into.known_ids.get(note_id)
        if known is None or known in self._own:
            return None
        if is_given:
            return Left(source.path, HAS_KNOWN_ID, {"path": known, "id": note_id})
        return Left(source.path, IS_KNOWN, {"path": known})

    def _refusal(self, source: Source, changes: Iterable[Change]) -> Left | None:
        """Say why what is planned for a note could not be written; nothing is tried."""
        for change in changes:
            folder = (self._into.root / change.path).parent
            while not folder.exists():
                folder = folder.parent
            if not os.access(folder, os.W_OK | os.X_OK):
                return Left(source.path, IN_CLOSED_FOLDER, {"folder": folder})
            try:
                files.check_replaceable(self._into.root, change.path)
            except files.ReadOnlyFile:
                return Left(source.path, IS_READ_ONLY)
            except VaultError as error:
                return Left(source.path, error.message, error.values)
        return None

    def _path(self, source: Source, note_id: str) -> PurePosixPath:
        beneath = self._into.beneath
        if beneath is not None:
            own = beneath / source.path
            if own.suffix.casefold() == ".md":
                return own
            wanted = own.with_suffix(".md")
        else:
            folders = (stem for part in source.path.parts[:-1] if (stem := file_stem(part)))
            wanted = CUSTOMERS.joinpath(*folders) / f"{file_stem(source.path.stem) or note_id}.md"
        path = wanted
        if self._is_taken(wanted):
            path = customer_path(source.path.stem, (), None, note_id, self._is_taken, wanted.parent)
        self._given.add(fold_name(str(path)))
        return path

    def _is_taken(self, path: PurePosixPath) -> bool:
        return fold_name(str(path)) in self._given or (self._into.root / path).exists()

    def _changes(self, source: Source, path: PurePosixPath, adoption: Adoption) -> Iterator[Change]:
        data = adoption.text.encode()
        if self._into.beneath is None:
            yield Change(path, None, data)
            return
        own = self._into.beneath / source.path
        if own != path:
            yield Change(path, None, data)
            yield Change(own, source.digest, None)
        elif files.digest(data) != source.digest:
            yield Change(own, source.digest, data)
