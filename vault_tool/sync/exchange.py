"""One server in a sync: asked for what it has, and sent what it lacks; again while others are faster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from vault_tool.git.answer import Reached, RemoteState
from vault_tool.messages import _
from vault_tool.sync import remotes
from vault_tool.sync.fetching import Fetching, fetch, sync_env
from vault_tool.sync.outcome import Remote

TYPE_CHECKING = False
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
        self._sending: remotes.Sending | None = None

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

    def begin_to_send(self, tip: str | None, commit: str) -> None:
        """Begin to send a commit to a server that has `tip`, from which it follows."""
        repository, name = self._repository, self.remote.name
        self._sending = remotes.Sending(repository, repository.git_folder, name, self._branch, tip, commit)

    @property
    def is_sent_to(self) -> bool:
        """Tell whether something is being sent there."""
        return self._sending is not None

    def end(self) -> None:
        """Break off what is being sent."""
        if self._sending:
            self._sending.end()

    def exchange(self) -> Remote:
        """Join what the server has with what is here, and send it."""
        repository = self._repository
        reached, is_asked = self.answer(), self._asked is not None
        self._asked = None
        for attempt in range(_TRIES):
            if reached.state not in (RemoteState.OK, RemoteState.EMPTY):
                break
            if not self._sending and not self._join_and_send(reached):
                break
            reached = self._sent()
            if reached.state is not RemoteState.STALE or attempt == _TRIES - 1:
                break
            if is_asked:
                self._means.sleep(_JITTER_SECONDS * 2**attempt * self._means.dice())
            name, now = self.remote.name, self._means.now()
            reached, is_asked = fetch(repository, repository.git_folder, name, self._branch, now), True
        waiting = 0
        if not reached.is_ok and (head := repository.head):
            waiting = len(repository.trees.changes(self.tip, head))
        return Remote(self.remote.name, self.remote.shown, reached, waiting)

    def _join_and_send(self, reached: Reached) -> bool:
        """Join what the server has, and begin to send what it lacks; tell whether that is anything."""
        tip = self.tip if reached.is_ok else None
        if tip is not None:
            self._join(tip)
        head = self._repository.head
        if head is None or head == tip:
            git = self._repository.git_folder
            remotes.note(git, self.remote.name, reached, self._means.now(), shared=head)
            return False
        self.begin_to_send(tip, head)
        return True

    def _sent(self) -> Reached:
        """Return how sending went, once it is over."""
        sending = self._sending
        assert sending is not None  # it was begun
        with self._means.progress(_("Sending"), 100) as advance:
            reached = sending.answer(
                self._means.now(), lambda done, total: advance(done * 100 // max(total, 1))
            )
        self._sending = None
        if reached.is_ok:
            self.sent.update(self._repository.trees.changes(sending.tip, sending.commit))
        return reached
