"""One server in a sync: asked for what it has, and sent what it lacks; again while others are faster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from vault_tool.git.answer import Reached, RemoteState
from vault_tool.messages import _
from vault_tool.sync import remotes
from vault_tool.sync.fetching import Fetching, fetch, sync_env
from vault_tool.sync.outcome import Remote

if TYPE_CHECKING:
    from vault_tool.git.repository import Repository
    from vault_tool.sync.run import Means

_TRIES = 5
_JITTER_SECONDS = 0.4


class Exchange:
    """What passes between a clone and one of its servers; `sent` are the files that the server got.

    `join` brings a commit of the server's into files, index and branch.
    """

    def __init__(
        self,
        remote: remotes.Remote,
        repository: Repository,
        branch: str,
        means: Means,
        join: Callable[[str], None],
    ) -> None:
        self.remote = remote
        self.sent: set[PurePosixPath] = set()
        self._repository = repository
        self._branch = branch
        self._means = means
        self._join = join
        self._asked: Fetching | None = None

    @property
    def tip(self) -> str | None:
        """What the server had when it was asked last, or sent to."""
        return self._repository.commit(f"refs/remotes/{self.remote.name}/{self._branch}")

    def ask(self) -> None:
        """Begin to ask the server what it has, while this process does something else."""
        repository, env = self._repository, sync_env(self._means.env)
        place = repository.top, env, repository.git_folder
        self._asked = Fetching(*place, self.remote.name, self._branch, self._means.now())

    def answer(self) -> Reached:
        """Return how asking went; a server that wasn't asked is taken to have what it had last."""
        return self._asked.answer() if self._asked else Reached(RemoteState.OK)

    def exchange(self) -> Remote:
        """Join what the server has with what is here, and send it."""
        repository, git, name = self._repository, self._repository.git_folder, self.remote.name
        reached, is_asked = self.answer(), self._asked is not None
        self._asked = None
        for attempt in range(_TRIES):
            tip = self.tip if reached.is_ok else None
            if reached.state not in (RemoteState.OK, RemoteState.EMPTY):
                break
            if tip is not None:
                self._join(tip)
            head = repository.head
            if head is None or head == tip:
                remotes.note(git, name, reached, self._means.now(), shared=head)
                break
            reached = self._send(tip, head)
            if reached.is_ok:
                self.sent.update(repository.trees.changes(tip, head))
            if reached.state is not RemoteState.STALE or attempt == _TRIES - 1:
                break
            if is_asked:
                self._means.sleep(_JITTER_SECONDS * 2**attempt * self._means.dice())
            reached, is_asked = fetch(repository, git, name, self._branch, self._means.now()), True
        waiting = 0
        if not reached.is_ok and (head := repository.head):
            waiting = len(repository.trees.changes(self.tip, head))
        return Remote(name, self.remote.shown, reached, waiting)

    def _send(self, tip: str | None, head: str) -> Reached:
        repository, now = self._repository, self._means.now()
        with self._means.progress(_("Sending"), 100) as advance:
            return remotes.push(
                *(repository, repository.git_folder, self.remote.name, self._branch, tip, head, now),
                lambda done, total: advance(done * 100 // max(total, 1)),
            )
