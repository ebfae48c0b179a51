"""One sync, step by step: save what stands here, send it; where others wrote too, fetch, join, put in place.

The vault's lock is held but for what talks to servers. Whenever it ends early, what was saved is saved, and
the next sync goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from importlib import import_module
from pathlib import PurePosixPath

from vault_tool.git.advance import HeadMoved
from vault_tool.git.folder import FOLDER, git_folder, named_folder, own_folder, top_above
from vault_tool.git.index import stamp as stamp_of
from vault_tool.git.repository import Repository
from vault_tool.git.setup import is_set_up, set_up
from vault_tool.git.trees import FILES, Entry
from vault_tool.git.upkeep import tidy
from vault_tool.git.writing import Signature
from vault_tool.named import NamedTuple
from vault_tool.sync import remotes
from vault_tool.sync.carried import (
    Ahead,
    Looking,
    Record,
    keep_record,
    look_ahead,
    read_record,
    record_stamp,
)
from vault_tool.sync.exchange import Exchange
from vault_tool.sync.fetching import remove_leftovers, sync_env
from vault_tool.sync.gate import Holder, keep_held
from vault_tool.sync.left_locks import at_work, remove_left_locks
from vault_tool.sync.outcome import Outcome, Remote, State
from vault_tool.sync.preflight import check_cloud, preflight
from vault_tool.sync.refused import explaining
from vault_tool.sync.snapshot import Plan, Progress, Snapshot
from vault_tool.vault.settings import SETTINGS_NAME
from vault_tool.vault.vault import Vault, vault_at
from vault_tool.vault.walk import ARCHIVE_GLOB, matches_globs, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vault_tool.merge.tree import MergedTree
    from vault_tool.sealing.vault_keys import VaultKeys
    from vault_tool.sync.apply import Applied
    from vault_tool.sync.healing import Disclosed
    from vault_tool.sync.join_sides import Mender
    from vault_tool.sync.losses import Losses
    from vault_tool.vault.files import Content

COMMAND = "vault sync"
_TRIES = 5
# What is loaded when it is needed, which it is where anything has changed.
_OF_NEARLY_EVERY_SYNC = ("vault_tool.git.transport", "vault_tool.notes.secrets", "vault_tool.sealing.glance")
# What `sync_journal` and `stale` keep; they are loaded where that is there.
_JOURNAL, _LAST_WRITES = "sync-journal", "last-write"


class Means(NamedTuple):
    """What a sync is handed: the world it would else have to ask for.

    `ask` tells whether notes that vanished were meant to (None: nobody can be asked); `signature` says who
    saves, and when. Where nobody attends, what somebody is writing just now waits for the next time. Without
    `shares` no server is asked, and nothing sent.
    """

    env: Mapping[str, str]
    today: date
    now: Callable[[], float]
    sleep: Callable[[float], None]
    dice: Callable[[], float]
    signature: Callable[[], Signature]
    keys: Callable[[], VaultKeys]
    ask: Callable[[Losses], bool] | None
    progress: Progress
    accepts_losses: bool = False
    is_attended: bool = True
    shares: bool = True


def synchronise(vault: Vault, means: Means, ahead: Ahead | None = None, *, dry_run: bool = False) -> Outcome:
    """Save, join what others wrote, put it in place, send; with `dry_run` only ask, and tell what would be.

    `ahead` is a look at the files that has begun already. Raises what stops all of it; a server that isn't
    reached does not.
    """
    root, env = vault.root, means.env
    is_new = own_folder(root) is None and named_folder(root) is None and top_above(root) is None
    if is_new and not dry_run:
        vault.check_writable()
        check_cloud(root, root / ".git", env)
        with explaining(root, root / ".git"), Repository.create(root, sync_env(env)):
            pass
    if own := own_folder(root):
        remove_left_locks(own / FOLDER, own, git_folder(root) or own)
    git = preflight(root, env, means.now())
    with explaining(root, git), at_work(git / FOLDER), Repository(root, sync_env(env)) as repository:
        ahead = ahead or look_ahead(root, vault.settings, git / FOLDER)
        repository.begin_to_answer()
        # Meanwhile git starts, and another process looks at the files.
        for name in _OF_NEARLY_EVERY_SYNC:
            import_module(name)
        run = _Run(vault, repository, means, ahead)
        return run.rehearse() if dry_run else run.run()._replace(is_new=is_new)


class _Run:
    """One sync under way."""

    def __init__(self, vault: Vault, repository: Repository, means: Means, ahead: Ahead) -> None:
        self._vault = vault
        self._repository = repository
        self._means = means
        self._git = repository.git_folder
        self._own = self._git / FOLDER
        self._ref = repository.branch or ""
        branch = self._ref.removeprefix("refs/heads/")
        there = sorted(remotes.remotes_of(repository.common_folder) if means.shares else (), key=_in_order)
        self._servers = [Exchange(each, repository, branch, means, self._join) for each in there]
        self._ahead = ahead
        self._record = ahead.record
        self._trees: list[MergedTree] = []
        self._applied: list[Applied] = []
        self._before: str | None = None
        self._returned: list[PurePosixPath] = []
        self._coming: dict[PurePosixPath, Entry | None] = {}
        self._left: tuple[PurePosixPath, ...] = ()
        self._put_back: tuple[PurePosixPath, ...] = ()
        self._disclosed: tuple[Disclosed, ...] = ()

    def run(self) -> Outcome:
        """Do all of it."""
        try:
            return self._run()
        finally:
            for server in self._servers:
                server.end()

    def _run(self) -> Outcome:
        with self._vault.writing(COMMAND):
            snapshot = self._snapshot(self._ahead.looking)
            if self._ahead.stamp != record_stamp(self._own):
                # Another sync has ended since.
                self._record = read_record(self._own)
                snapshot = self._snapshot()
            if self._prepare():
                snapshot = self._snapshot()
            plan = self._save(snapshot)
        for server in self._servers:
            if not server.is_sent_to:
                server.ask()
        reached = [server.exchange() for server in self._servers]
        # What a later server had is new to an earlier one.
        head = self._repository.head
        for number, server in enumerate(self._servers):
            if reached[number].reached.is_ok and server.tip != head:
                reached[number] = server.exchange()
        tidy(self._repository, self._own, self._means.now())
        return self._outcome(plan, tuple(reached))

    def rehearse(self) -> Outcome:
        """Find what would be saved, sent and received; nothing is written but what servers have."""
        snapshot = self._snapshot(self._ahead.looking)
        for server in self._servers:
            server.ask()
        look, found = snapshot.changed()
        plan = snapshot.plan(look, found, writes=False)
        losses = snapshot.losses(found)
        head = self._repository.head
        reached = []
        for server in self._servers:
            reached.append(Remote(server.remote.name, server.remote.shown, server.answer()))
            tip = server.tip
            if tip and head and tip != head and (bases := self._repository.merge_bases(head, tip)):
                self._coming.update(self._repository.trees.changes(bases[0], tip))
                server.sent.update(self._repository.trees.changes(bases[0], head))
            server.sent.update(plan.changes)
        is_asking = losses is not None and losses.is_accident and not self._means.accepts_losses
        return self._outcome(plan, tuple(reached))._replace(is_dry=True, losses=losses if is_asking else None)

    # --- what stands here

    def _prepare(self) -> bool:
        """Finish what a killed sync began, and have git set up; tell whether files may have changed."""
        vault, git = self._vault, self._repository.common_folder
        remove_leftovers(self._own)
        has_changed = False
        if (self._own / _JOURNAL).exists():
            from vault_tool.sync.apply import recover

            has_changed = recover(vault.root, self._repository, self._mend, self._means.now) is not None
        if not is_set_up(vault.root, git):
            from vault_tool.sealing.clean import sealed_spellings

            set_up(vault.root, git, sealed_spellings(vault.schema), self._means.env)
            has_changed = True
        head, known = self._repository.head, self._record.commit if self._record else None
        if head is not None and known != head:
            # Somebody used git here meanwhile.
            if known is not None and self._repository.commit(known) is None:
                known = None
            if (target := self._looked_through(known, head)) != head:
                self._take(head, target)
                has_changed = True
        return has_changed

    def _looked_through(self, known: str | None, tip: str) -> str:
        """Return what new commits come to, without the markers of a git that had no merge driver."""
        from vault_tool.sync.healing import look_through

        received = look_through(self._vault, self._repository, known, tip)
        self._left += received.left
        self._put_back += received.put_back
        self._disclosed += received.disclosed
        return received.commit

    def _snapshot(self, looking: Looking | None = None) -> Snapshot:
        holder = Holder(self._vault, self._means.today)
        means = self._means
        return Snapshot(
            *(self._vault, self._repository, self._record, means.keys, holder, means.progress, means.env),
            is_attended=means.is_attended,
            looking=looking,
        )

    def _save(self, snapshot: Snapshot) -> Plan:
        """Save what stands here, and keep what is known of it."""
        for attempt in range(_TRIES):
            look, found = snapshot.changed()
            if self._give_back(found):
                look, found = snapshot.changed()
            if losses := snapshot.losses(found):
                from vault_tool.sync.losses import confirm

                confirm(losses, self._means.ask, accepted=self._means.accepts_losses)
            plan = snapshot.plan(look, found)
            if snapshot.has_keys_now:
                # They were made for the first value to seal, and belong to what is saved.
                look, found = snapshot.changed()
                plan = snapshot.plan(look, found)
            try:
                head = snapshot.save(plan, self._means.signature(), partial(self._begin_to_send, plan.head))
                break
            except HeadMoved:
                if attempt == _TRIES - 1:
                    raise
        self._before = plan.head
        keep_held(self._git, plan.held)
        held = [str(each.path) for each in plan.held]
        loose = {*plan.look.racy, *held, *map(str, plan.still)}
        self._keep(
            Record(
                head or "",
                look.folders,
                look.others,
                frozenset(loose),
                stamp_of(self._repository),
                tuple(held),
            )
        )
        return plan

    def _begin_to_send(self, parent: str | None, commit: str) -> None:
        """Send what was saved to who had, so far as is known, all that was here before.

        Who has more refuses. To ask first would be a second connection, most often for nothing.
        """
        if parent is not None:
            for server in self._servers:
                if not server.is_sent_to and server.tip == parent:
                    server.begin_to_send(parent, commit)

    def _give_back(self, found: Mapping[PurePosixPath, Content | None]) -> bool:
        """Put back what an editor's old buffer took away."""
        # Not for settings: who puts older ones back mends what somebody broke.
        changed = [path for path, content in found.items() if content is not None and self._is_note(path)]
        if not changed or not (self._own / _LAST_WRITES).exists():
            return False
        from vault_tool.sync.stale import give_back

        now = self._means.now()
        read = self._repository.read
        returned = give_back(self._vault.root, self._git, changed, read, self._mend, self._are_two, now)
        self._returned += returned
        return bool(returned)

    def _keep(self, record: Record) -> None:
        self._record = record
        keep_record(self._own, record)

    # --- what a server has

    def _join(self, tip: str) -> None:
        """Bring what a server has into files, index and branch."""
        if tip == self._before:
            return  # nothing that isn't here
        with self._vault.writing(COMMAND):
            head = self._repository.head
            if head is None or tip == head or self._repository.merge_bases(head, tip) == [tip]:
                return
            self._take(head, self._looked_through(head, tip))

    def _take(self, head: str, tip: str) -> None:
        """Join a commit with the last one here, and put what comes of it in place."""
        repository = self._repository
        from vault_tool.sync.apply import apply
        from vault_tool.sync.join_sides import Mender, Sides, steps_between
        from vault_tool.sync.sync_journal import Head

        sides = Sides(self._vault, repository)
        joined = sides.join(head, tip)
        if joined.commit == head:
            return
        if joined.tree is not None:
            self._trees.append(joined.tree)
        changes = repository.trees.changes(head, joined.commit)
        steps = steps_between(repository, head, joined.commit)
        coming = Head(self._ref, head, joined.commit)
        mend = Mender(sides, head)
        applied = apply(self._vault.root, steps, coming, repository, mend, self._means.now)
        self._applied.append(applied)
        self._coming.update(changes)
        record = self._record
        if record is not None and record.commit == head:
            loose = record.loose | {str(path) for path in changes}
            self._keep(record._replace(commit=joined.commit, loose=loose, stamp=stamp_of(repository)))
        if any(path.parts[0] in (SETTINGS_NAME, "schema") for path in changes):
            self._vault = vault_at(self._vault.root, self._means.env)

    def _mend(
        self, path: PurePosixPath, base: bytes | None, mine: bytes, theirs: bytes
    ) -> Mapping[PurePosixPath, bytes]:
        return self._mender()(path, base, mine, theirs)

    def _are_two(self, path: PurePosixPath, one: bytes, other: bytes) -> bool:
        return self._mender().are_two(path, one, other)

    def _mender(self) -> Mender:
        from vault_tool.sync.join_sides import Mender, Sides

        return Mender(Sides(self._vault, self._repository), self._repository.head or "")

    # --- what came of it

    def _outcome(self, plan: Plan, reached: tuple[Remote, ...]) -> Outcome:
        coming = sorted(self._coming.items())
        received = tuple(path for path, entry in coming if entry and entry.mode in FILES)
        held = {each.path for each in plan.held}
        is_shared = all(each.reached.is_ok for each in reached)
        conflicts = {path: open_ for tree in self._trees for path, open_ in tree.conflicts.items()}
        return Outcome(
            state=State.SAVED if not reached else State.SHARED if is_shared else State.WAITING,
            saved=len(plan.changes),
            sent=len(set[PurePosixPath]().union(*(server.sent for server in self._servers))),
            received=received,
            removed=tuple(path for path, entry in coming if entry is None),
            foreign=tuple(path for path, entry in coming if entry and entry.mode not in FILES),
            customers=tuple(printable(path.stem) for path in received if self._is_note(path)),
            conflicts=conflicts,
            kept={path: headings for tree in self._trees for path, headings in tree.kept.items()},
            parked=tuple(dict.fromkeys(path for tree in self._trees for path in tree.parked.values())),
            joined=tuple(
                dict.fromkeys(path for each in self._applied for path in each.joined if path not in held)
            ),
            held=plan.held,
            still=plan.still,
            too_large=plan.too_large,
            remotes=reached,
            returned=tuple(self._returned),
            left=tuple(dict.fromkeys(self._left)),
            put_back=tuple(dict.fromkeys(self._put_back)),
            disclosed=self._disclosed,
        )

    def _is_note(self, path: PurePosixPath) -> bool:
        return matches_globs(path, (*self._vault.settings.customers, ARCHIVE_GLOB))


def _in_order(remote: remotes.Remote) -> tuple[bool, str]:
    return remote.name != remotes.FIRST, remote.name
