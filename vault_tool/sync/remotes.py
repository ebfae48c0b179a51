"""The servers of a vault, and what is known of each: when it last had all that was here, how a try went.

Kept in `.git/vault/remotes.json`. Which servers there are, git's own settings say; they are read without git,
for `vault status` asks each time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from threading import Lock

from vault_tool.errors import Exit, VaultError
from vault_tool.git.answer import Reached, RemoteState, without_password
from vault_tool.git.folder import FOLDER
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.patterns import pattern
from vault_tool.vault import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vault_tool.git.repository import Repository
    from vault_tool.git.transport import Progress

FILE_NAME = "remotes.json"
FIRST = "origin"
KEEP = "refs/vault/keep"
"""Beneath it lies what a server had before it was rewritten."""
# Servers are asked side by side, each by a thread of its own.
_one_writer = Lock()
_NAME = pattern(r"[A-Za-z0-9][A-Za-z0-9_-]{0,40}")
_SECTION = re.compile(r'^\s*\[\s*(\w+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]', re.IGNORECASE)
_URL = re.compile(r"^\s*url\s*=\s*(.*?)\s*$", re.IGNORECASE)
# What git would start a program for: `ext::`, `fd::`, any remote helper by name.
_HELPER = pattern(r"^[\w+.-]+::")
_SCHEME = pattern(r"^(https?|ssh|git\+ssh|ssh\+git|git|file)://")
_SCP = pattern(r"^(?:[^/\s:@]+@)?[^/\s:@\\]{2,}:(?!//)")


class BadAddress(VaultError):
    """Text that is no server's address, or one that would make git start a program."""

    message = N_("This is no address of a server: {url}")
    hint = N_("It looks like https://example.com/team/vault.git or git@example.com:team/vault.git.")
    exit_code = Exit.USAGE


class PasswordInAddress(VaultError):
    """An address with a password or a token in it, which would lie open in a file."""

    message = N_("The address holds a password, which would lie readable in a file. Nothing was written.")
    hint = N_("Give it without: {url}. The login is asked for on a terminal, once.")
    exit_code = Exit.USAGE


class BadRemoteName(VaultError):
    """A name that git has no use for."""

    message = N_("`{name}` is no name for a server.")
    hint = N_("Letters, digits, - and _: for example `backup`.")
    exit_code = Exit.USAGE


class RemoteThere(VaultError):
    """The name is taken."""

    message = N_("There is a server called {name} already: {url}")
    hint = N_("Give another name: vault remote add ADDRESS NAME. Or take it out: vault remote remove {name}")
    exit_code = Exit.USAGE


class NoSuchRemote(VaultError):
    """No server has this name."""

    message = N_("This vault has no server called {name}.")
    hint = N_("`vault remote` shows them; `vault remote add ADDRESS` adds one.")
    exit_code = Exit.USAGE


class Remote(NamedTuple):
    """A server: what git calls it, and where it is."""

    name: str
    url: str

    @property
    def shown(self) -> str:
        """Its address without login."""
        return without_password(self.url)


class Known(NamedTuple):
    """What is known of a server; times are seconds since 1970."""

    shared_at: float | None = None
    """When it last had all that was here."""
    shared: str | None = None
    """The commit that it had then."""
    since: float | None = None
    """When it was first tried."""
    tried_at: float | None = None
    state: RemoteState | None = None
    reason: str = ""


# --- which there are


def remotes_of(git: Path) -> list[Remote]:
    """Return the servers in the order of git's settings; those in files that these include are not seen."""
    found: dict[str, str] = {}
    name = None
    for line in _text(git / "config").splitlines():
        if head := _SECTION.match(line):
            is_remote = head[1].lower() == "remote" and head[2] is not None
            name = re.sub(r"\\(.)", r"\1", head[2]) if is_remote else None
            line = line[head.end() :]
        if name is not None and (url := _URL.match(line)):
            found.setdefault(name, _unquoted(url[1]))
    return [Remote(name, url) for name, url in found.items()]


def remote_called(git: Path, name: str | None) -> Remote:
    """Return a server by its name; without one the only one, or the first. Raises `NoSuchRemote`."""
    there = remotes_of(git)
    wanted = name or (there[0].name if there and all(each.name != FIRST for each in there) else FIRST)
    for remote in there:
        if remote.name == wanted:
            return remote
    raise NoSuchRemote(name=wanted)


def branch_of(git: Path) -> str:
    """Return the name under which this clone keeps its notes; `main` where its head is on none."""
    _ref, found, name = _text(git / "HEAD").strip().partition("refs/heads/")
    return name if found else "main"


def checked_url(text: str, folder: Path) -> str:
    """Return an address as git may have it; a path counts from `folder`. Raises `BadAddress` and others."""
    url = text.strip()
    if not url or url.startswith("-") or _HELPER.match(url) or re.search(r"[\x00-\x1f\x7f]", url):
        raise BadAddress(url=without_password(text))
    shown = without_password(url)
    if shown != url:
        raise PasswordInAddress(url=shown)
    if _SCHEME.match(url):
        return url
    if "://" in url or _HELPER.match(url):
        raise BadAddress(url=shown)
    return url if _SCP.match(url) else str((folder / Path(url).expanduser()).resolve())


# --- what is known of them


def known_of(git: Path) -> dict[str, Known]:
    """Return what is known of each server, by name; nothing where nothing can be read."""
    import json

    with suppress(ValueError, TypeError, AttributeError):
        told = json.loads(_text(git / FOLDER / FILE_NAME) or "{}")
        return {name: _known(one) for name, one in told["remotes"].items()} if told else {}
    return {}


def note(git: Path, remote: str, reached: Reached, at: float, *, shared: str | None = None) -> None:
    """Keep how a try went; with `shared`, that the server has this commit, which is all that was here."""
    with _one_writer:
        known = known_of(git)
        before = known.get(remote, Known(since=at))
        now = before._replace(tried_at=at, state=reached.state, reason=reached.reason)
        known[remote] = now if shared is None else now._replace(shared_at=at, shared=shared)
        _write(git, known)


def follow(git: Path, remote: str, commit: str | None) -> None:
    """Take this commit for what a server had last, its past having been changed; when stays as it is."""
    with _one_writer:
        known = known_of(git)
        known[remote] = known.get(remote, Known())._replace(shared=commit, state=None, reason="")
        _write(git, known)


def forget(git: Path, remote: str) -> None:
    """Forget what is known of a server."""
    with _one_writer:
        known = known_of(git)
        if known.pop(remote, None):
            _write(git, known)


# --- exchange


def fetch(
    repository: Repository,
    git: Path,
    remote: str,
    branch: str,
    at: float,
    progress: Progress | None = None,
) -> Reached:
    """Fetch as `transport.fetch` does, and keep how it went.

    A rewritten past is seen too where a plain `git fetch` accepted it meanwhile: what the server once had
    must be in what it has.
    """
    from vault_tool.git import transport

    reached = transport.fetch(repository, remote, branch, progress)
    shared = known_of(git).get(remote, Known()).shared
    tracking = f"refs/remotes/{remote}/{branch}"
    if reached.is_ok and shared and repository.commit(shared):
        tip = repository.commit(tracking) or ""
        if repository.common_ancestor(shared, tip) != repository.commit(shared):
            repository.set_ref(f"{transport.SEEN}/{remote}", tip)
            repository.set_ref(tracking, shared)
            reached = Reached(RemoteState.REWRITTEN)
    note(git, remote, reached, at)
    return reached


class Sending:
    """A commit on its way to a server that is at `tip`, from which it follows; see `transport.begin_push`."""

    def __init__(
        self, repository: Repository, git: Path, remote: str, branch: str, tip: str | None, commit: str
    ) -> None:
        from vault_tool.git import transport

        self.tip, self.commit = tip, commit
        self._git, self._remote = git, remote
        self._push = transport.begin_push(repository, remote, branch, tip, commit)
        import json  # noqa: F401 - what `note` needs is loaded while git is at work

    def answer(self, at: float, progress: Progress | None = None) -> Reached:
        """Return how it went, once it is over, and keep that, and that the server has this commit."""
        reached = self._push.answer(progress)
        note(self._git, self._remote, reached, at, shared=self.commit if reached.is_ok else None)
        return reached

    def end(self) -> None:
        """Break it off, unless it is over."""
        self._push.end()


# --- changed


def add_remote(
    repository: Repository, git: Path, url: str, name: str | None, at: float
) -> tuple[Remote, Reached]:
    """Add a server that holds this vault, or nothing; it was asked. Raises `unreached`'s errors and others.

    Nothing stays of one that can't be asked or holds something else.
    """
    from vault_tool.sync.unreached import unreached

    there = {remote.name: remote for remote in remotes_of(git)}
    name = name or FIRST
    if not _NAME.fullmatch(name):
        raise BadRemoteName(name=name)
    for taken in there.values():
        if taken.name == name or taken.url == url:
            raise RemoteThere(name=taken.name, url=taken.shown)
    remote = Remote(name, url)
    reached = Reached(RemoteState.FAILED)
    try:
        repository.set(f"remote.{name}.url", url)
        # Without the `+` that git puts before it: a plain `git fetch` refuses a rewritten past, too.
        repository.set(f"remote.{name}.fetch", f"refs/heads/*:refs/remotes/{name}/*")
        reached = fetch(repository, git, name, branch_of(git), at)
    finally:
        if reached.state not in (RemoteState.OK, RemoteState.EMPTY):
            remove_remote(repository, git, name)
    if reached.state not in (RemoteState.OK, RemoteState.EMPTY):
        raise unreached(remote.shown, reached)
    head, tip = repository.commit("HEAD"), repository.commit(f"refs/remotes/{name}/{branch_of(git)}")
    if head and tip and repository.common_ancestor(head, tip) == head:
        note(git, name, reached, at, shared=head)
    return remote, reached


def remove_remote(repository: Repository, git: Path, name: str) -> None:
    """Take a server out, with what is known of it; what lies there stays there."""
    from vault_tool.git.transport import SEEN

    repository.run("remote", "remove", name)
    repository.set_ref(f"{SEEN}/{name}", None)
    forget(git, name)


def _known(told: Mapping[str, object]) -> Known:
    state = told.get("state")
    shared, reason = told.get("shared"), told.get("reason")
    return Known(
        shared_at=_number(told.get("shared_at")),
        shared=shared if isinstance(shared, str) else None,
        since=_number(told.get("since")),
        tried_at=_number(told.get("tried_at")),
        state=RemoteState(str(state)) if state in {str(each) for each in RemoteState} else None,
        reason=reason if isinstance(reason, str) else "",
    )


def _number(told: object) -> float | None:
    return float(told) if isinstance(told, int | float) else None


def _write(git: Path, known: Mapping[str, Known]) -> None:
    """Write what is known. On a full disk it stays unsaid: the exchange itself took place."""
    import json

    document = {"version": 1, "remotes": {name: one._asdict() for name, one in known.items()}}
    with suppress(OSError, VaultError):
        (git / FOLDER).mkdir(exist_ok=True)
        files.replace(
            git / FOLDER, PurePosixPath(FILE_NAME), (json.dumps(document, indent=1) + "\n").encode()
        )


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        value = re.split(r"\s+[#;]", value)[0]
    return re.sub(r"\\(.)", r"\1", value.strip('"'))


def _text(path: Path) -> str:
    with suppress(OSError):
        return path.read_bytes().decode("utf-8", "surrogateescape")
    return ""
