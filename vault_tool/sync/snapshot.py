"""What stands on disk becomes a commit: sealed, looked at, read twice; git is told only what changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from functools import cached_property
from pathlib import PurePosixPath

from vault_tool.errors import VaultError
from vault_tool.git.advance import advance, check_movable
from vault_tool.git.blobs import blob_name
from vault_tool.git.index import differing, put_entries
from vault_tool.git.index import stamp as stamp_of
from vault_tool.git.trees import FILES, Entry
from vault_tool.git.writing import PLAIN, Signature, Written, write_commit
from vault_tool.messages import _
from vault_tool.named import NamedTuple
from vault_tool.sync.carried import LARGEST, Carried, Look, Looking, Record
from vault_tool.sync.gate import Held, Holder, Why
from vault_tool.vault import files
from vault_tool.vault.editors import is_open

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vault_tool.git.repository import Repository
    from vault_tool.sealing.glance import Glance
    from vault_tool.sealing.vault_keys import VaultKeys
    from vault_tool.sync.losses import Losses
    from vault_tool.vault.files import Content
    from vault_tool.vault.journal import Change
    from vault_tool.vault.vault import Vault

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Told what is begun and how much of it there is, lends what is told how much is done."""
_UNREADABLE = (files.FileMissing, files.NotAFile, files.TooLarge, files.CannotRead, files.OutsideVault)


class Plan(NamedTuple):
    """What a snapshot would save: new bytes by path, None for a file that went.

    `still` were written while they were read: the next sync takes them. `staged` is what git's index has to
    hold besides, where it differs from `head`.
    """

    head: str | None
    changes: dict[PurePosixPath, Written | None]
    held: tuple[Held, ...]
    still: tuple[PurePosixPath, ...]
    look: Look
    staged: dict[PurePosixPath, Entry | None]
    too_large: tuple[PurePosixPath, ...]


class Snapshot:
    """Finds what changed in one vault since a record was made, and saves it. Needs the vault's lock."""

    def __init__(
        self,
        vault: Vault,
        repository: Repository,
        record: Record | None,
        keys: Callable[[], VaultKeys],
        holder: Holder,
        progress: Progress,
        env: Mapping[str, str],
        *,
        is_attended: bool = True,
        looking: Looking | None = None,
    ) -> None:
        self._vault = vault
        self._repository = repository
        self._record = record
        self._keys = keys
        self._holder = holder
        self._progress = progress
        self._env = env
        self._is_attended = is_attended
        self.carried = Carried(vault.root, vault.settings)
        self._looking = looking
        self.has_keys_now = False
        """Whether the vault had no keys, and has some since something was sealed."""

    def changed(self) -> tuple[Look, dict[PurePosixPath, Content | None]]:
        """Return the files that differ from the last commit: as they were read, None where one is gone."""
        looking, self._looking = self._looking or self.carried.begin(self._record), None
        look = self.carried.look(looking)
        head = self._repository.head
        asked = self._asked(look, head)
        found: dict[PurePosixPath, Content | None] = {}
        for path in self._counted(_("Reading"), sorted(asked)):
            entry = self._repository.trees.entry(head, path)
            content = self._read(path)
            if content is None:
                if entry is not None and entry.mode in FILES and not _is_there(self._vault, path):
                    found[path] = None
            elif entry is None or entry.mode not in FILES or self.name(content.data) != entry.name:
                found[path] = content
        ignored = self._ignored(found, head)
        return look, {path: content for path, content in found.items() if path not in ignored}

    def losses(self, found: Mapping[PurePosixPath, Content | None]) -> Losses | None:
        """Return which notes have vanished or are empty, where that may be an accident."""
        head, trees = self._repository.head, self._repository.trees
        notes = {path: content for path, content in found.items() if self.carried.is_note(path)}
        gone = {
            path: entry.name for path in notes if notes[path] is None and (entry := trees.entry(head, path))
        }
        emptied = [
            path
            for path, content in notes.items()
            if content is not None and not content.data.strip() and trees.entry(head, path)
        ]
        if not gone and not emptied:
            return None
        from vault_tool.sync.losses import FEW, answered, losses
        from vault_tool.vault.records import Records

        if len(gone) < FEW and not emptied:
            return None
        total = sum(1 for path, _entry in trees.files(head) if self.carried.is_note(path))
        come = [self.name(content.data) for content in notes.values() if content is not None]
        meant = answered(Records(self._vault.places.state), [*gone, *emptied])
        return losses(total, gone, come, emptied, meant)

    def plan(self, look: Look, found: Mapping[PurePosixPath, Content | None], *, writes: bool = True) -> Plan:
        """Seal what changed, hold back what must not leave, and read the rest once more.

        Without `writes` nothing is sealed: what would be, counts as it will be.
        """
        head = self._repository.head
        changes: dict[PurePosixPath, Written | None] = {}
        held: list[Held] = []
        still = [] if self._is_attended else [path for path in found if self._is_at_work(path, look, found)]
        found = {path: content for path, content in found.items() if path not in still}
        there = {path: content for path, content in found.items() if content}
        sealed = self._seal(there, held, writes=writes)
        is_held = {each.path for each in held}
        for path in self._counted(_("Checking"), list(found)):
            content = found[path]
            if content is None:
                changes[path] = None
                continue
            data = sealed.get(path, content.data)
            if path in is_held:
                continue
            entry = self._repository.trees.entry(head, path)
            if self.carried.is_note(path):
                known = self._repository.read(entry.name) if entry and entry.mode in FILES else None
                if reason := self._holder.look(path, data, known):
                    held.append(reason)
                    continue
            if entry is None or self.name(data) != entry.name:
                mode = entry.mode if entry and entry.mode in FILES else PLAIN
                changes[path] = Written(mode, data)
        if writes:
            moving = [path for path, change in changes.items() if not self._is_as_read(path, change)]
            for path in moving:
                del changes[path]
            still += moving
        staged = self._staged(head, changes)
        # git keeps the size of the file as it was added, in plain, and would call the sealed one changed.
        unchanged = (path for path in sealed if path not in changes)
        staged |= {path: entry for path in unchanged if (entry := self._repository.trees.entry(head, path))}
        too_large = tuple(self._too_large(look, head))
        return Plan(head, changes, tuple(held), tuple(still), look, staged, too_large)

    def save(self, plan: Plan, author: Signature, made: Callable[[str], None]) -> str | None:
        """Commit what was planned, move the branch, and return where it is now.

        `made` is told of the commit before index and branch are, which takes as long as to send it. Raises
        `HeadMoved`, `IndexLocked`; then nothing is saved, and all is as it was.
        """
        repository = self._repository
        ref = repository.branch
        assert ref is not None  # preflight saw to that
        # First, alone: what a person has staged is saved, and staged no longer.
        if plan.staged:
            put_entries(repository, plan.staged)
        if not plan.changes:
            return plan.head
        parents = (plan.head,) if plan.head else ()
        new = write_commit(repository, parents, plan.changes, author, _message(len(plan.changes)))
        check_movable(repository, ref, plan.head)
        made(new)
        advance(repository, ref, plan.head, new)
        return new

    # --- what is looked at

    def _counted(self, label: str, paths: list[PurePosixPath]) -> Iterator[PurePosixPath]:
        with self._progress(label, len(paths)) as advance:
            for number, path in enumerate(paths, 1):
                yield path
                advance(number)

    def _asked(self, look: Look, head: str | None) -> set[PurePosixPath]:
        asked = {PurePosixPath(path) for path in look.doubtful | look.gone}
        hidden = {PurePosixPath(path) for path in look.hidden}
        trees = self._repository.trees
        record = self._record
        if record is not None and record.commit != head:
            try:
                asked.update(trees.changes(record.commit, head))
            except VaultError:
                asked.update(path for path, _entry in trees.files(head))  # that commit is no longer there
        if look.is_whole:
            asked.update(path for path, _entry in trees.files(head))
        if record is not None:
            asked.update(map(PurePosixPath, record.held))
        too_large = set(map(PurePosixPath, look.too_large))
        return {path for path in asked - hidden - too_large if self.carried.has(path)}

    def _too_large(self, look: Look, head: str | None) -> Iterator[PurePosixPath]:
        """Yield what is too large to go, but for what came that large and is as it came."""
        for path in sorted(map(PurePosixPath, look.too_large)):
            entry = self._repository.trees.entry(head, path)
            if entry is not None:
                with suppress(*_UNREADABLE):
                    if self.name(files.read(self._vault.root, path, limit=None).data) == entry.name:
                        continue
            yield path

    def _read(self, path: PurePosixPath) -> Content | None:
        limit = files.MAX_NOTE_BYTES if self.carried.is_note(path) else LARGEST
        with suppress(*_UNREADABLE):
            return files.read(self._vault.root, path, limit)
        return None

    def name(self, data: bytes) -> str:
        """Return git's name for these bytes."""
        return blob_name(data, self._repository.hash)

    def _ignored(
        self, found: Mapping[PurePosixPath, Content | None], head: str | None
    ) -> Collection[PurePosixPath]:
        """Return the new files, other than notes, that `.gitignore` leaves out."""
        new = [
            path
            for path in found
            if not self.carried.is_note(path)
            and self._repository.trees.entry(head, path) is None
            and path.parts[0] not in (".vault", "schema", "templates")
            and len(path.parts) > 1
        ]
        if not new:
            return ()
        asked = b"".join(f"{path}\0".encode("utf-8", "surrogateescape") for path in new)
        _status, told, _err = self._repository.run("check-ignore", "-z", "--stdin", stdin=asked)
        return {PurePosixPath(path) for path in told.decode("utf-8", "surrogateescape").split("\0") if path}

    def _is_at_work(
        self, path: PurePosixPath, look: Look, found: Mapping[PurePosixPath, Content | None]
    ) -> bool:
        """Tell whether somebody is writing there: just now, or with it open, where it has to be sealed."""
        content = found[path]
        if content is None or not self.carried.is_note(path):
            return False  # keys and settings that belong together go together
        return str(path) in look.racy or (
            self._may_stand_in_plain(path, content.data) and is_open(self._vault.root / path, self._env)
        )

    # --- what may leave

    def _seal(
        self, contents: Mapping[PurePosixPath, Content], held: list[Held], *, writes: bool
    ) -> dict[PurePosixPath, bytes]:
        """Seal, in the files themselves, what stands in plain; return the new bytes of those notes."""
        plain = [path for path, content in contents.items() if self._may_stand_in_plain(path, content.data)]
        if not plain:
            return {}
        from vault_tool.notes.note import parse_note
        from vault_tool.sealing.seal import CannotSeal
        from vault_tool.vault.journal import Change
        from vault_tool.vault.keyring import KEYRING

        had_keys = (self._vault.root / KEYRING).exists()
        if not had_keys and not self._is_attended:
            return {}  # keys are made where a person can be told of them
        wanted: dict[PurePosixPath, Change] = {}
        for path in plain:
            content = contents[path]
            try:
                sealing = self._keys().plan_sealing(parse_note(path, content.data, self._vault.schema))
                if sealing.edits:
                    wanted[path] = Change(path, content.digest, sealing.text.encode())
            except CannotSeal as error:
                held.append(Held(path, Why.UNSEALED, int(str(error.values.get("line", 1)))))
        self.has_keys_now = not had_keys and (self._vault.root / KEYRING).exists()
        if wanted and writes:
            self._keys().memo.flush()
            self._write(list(wanted.values()), held)
        return {path: change.after for path, change in wanted.items() if change.after is not None}

    def _may_stand_in_plain(self, path: PurePosixPath, data: bytes) -> bool:
        if not self.carried.is_note(path):
            return False
        try:
            return self._glance.may_stand_in_plain(data.decode("utf-8"))
        except UnicodeDecodeError:
            return True  # the closer look will tell

    @cached_property
    def _glance(self) -> Glance:
        from vault_tool.sealing.glance import Glance

        return Glance(self._vault.schema)

    def _write(self, changes: list[Change], held: list[Held]) -> None:
        """Write the sealed notes; one that is written to meanwhile stays here until the next time."""
        from vault_tool.vault.journal import ChangedOnDisk

        try:
            self._vault.commit(changes, "vault sync", undoable=False)
        except ChangedOnDisk:
            if len(changes) == 1:
                held.append(Held(changes[0].path, Why.UNSEALED))
                return
            for change in changes:
                self._write([change], held)

    def _is_as_read(self, path: PurePosixPath, change: Written | None) -> bool:
        content = self._read(path)
        if change is None:
            return content is None
        return content is not None and content.data == change.data

    def _staged(
        self, head: str | None, changes: Collection[PurePosixPath]
    ) -> dict[PurePosixPath, Entry | None]:
        """Return what of `head` the index doesn't have, but for what is about to change."""
        record = self._record
        if record and record.commit == head and record.stamp == stamp_of(self._repository):
            return {}
        trees = self._repository.trees
        return {
            path: trees.entry(head, path)
            for path in differing(self._repository, head)
            if path not in changes and self.carried.has(path)
        }


def _is_there(vault: Vault, path: PurePosixPath) -> bool:
    """Tell whether anything stands at a path: a link, a folder, a file that can't be read."""
    try:
        files.place(vault.root, path).lstat()
    except (FileNotFoundError, NotADirectoryError, files.NotAFile):
        return False
    except (OSError, VaultError):
        return True
    return True


def _message(count: int) -> str:
    # Never names: a message can't be taken back when a customer is to be forgotten.
    return f"Save {count} {'file' if count == 1 else 'files'}\n"
