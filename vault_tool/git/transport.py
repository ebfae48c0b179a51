"""The network's edge: fetch from a server and send to it, never by force, and never waiting for an answer.

git runs in a session of its own, without a terminal and without standard input: nothing can ask. What stays
silent for too long is ended with all that it started; only what talks to a server runs under this clock.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from threading import Thread

from vault_tool.errors import VaultError
from vault_tool.git.answer import Reached, RemoteState, read_failure, read_push
from vault_tool.messages import language
from vault_tool.named import NamedTuple
from vault_tool.vault.settings import SETTINGS_NAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from queue import Queue
    from typing import IO

    from vault_tool.git.repository import Repository

Progress = Callable[[int, int], None]

FETCH_SILENCE = 30.0
"""Seconds: a server that is there has begun to count by then, and goes on telling how far it is."""
PUSH_SILENCE = 120.0
"""Seconds; longer, for the hooks before a push say nothing while they read what is to be sent."""
SEEN = "refs/vault/seen"
"""Beneath it, by remote, what a server has now that can't follow what it had."""

_LOW_SPEED_SECONDS = 20
_SETTINGS = (
    *("protocol.ext.allow=never", "core.askPass=", "credential.interactive=false", "core.fsync=committed"),
    *("gc.auto=0", "maintenance.auto=false", "http.lowSpeedLimit=1"),
    f"http.lowSpeedTime={_LOW_SPEED_SECONDS}",
)
_SSH_OPTIONS = " -oBatchMode=yes -oConnectTimeout=10"
_NO_OPENSSH = {"plink", "tortoiseplink", "putty"}
_DONE = re.compile(rb"^(?:Receiving|Writing) objects: +\d+% \((\d+)/(\d+)\)")
_GRACE = 1.0
_LOOK_SECONDS = 0.25


class Said(NamedTuple):
    """How git ended (None: it was silent for too long), and what it said."""

    status: int | None
    out: str
    err: str


class Heads(NamedTuple):
    """What a server has: its branches, and the one that it takes for the main one."""

    branches: Mapping[str, str]
    main: str | None


def network_env(env: Mapping[str, str], ssh_command: str | None = None) -> dict[str, str]:
    """Return the environment in which git talks to a server and asks nobody anything.

    `ssh_command` is git's `core.sshCommand`; what the environment says goes before it, as with git.
    """
    ssh = env.get("GIT_SSH_COMMAND") or ssh_command or _quoted(env.get("GIT_SSH")) or "ssh"
    first = re.match(r"""\s*('[^']*'|"[^"]*"|\S+)""", ssh)
    program = Path(first[1].strip("'\"")).stem.lower() if first else ""
    return {
        **env,
        "GIT_TERMINAL_PROMPT": "0",
        # Empty, git asks no program; missing, it would look for the next one.
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "SSH_ASKPASS_REQUIRE": "never",
        "GCM_INTERACTIVE": "never",
        "GIT_SSH_COMMAND": ssh if program in _NO_OPENSSH else ssh + _SSH_OPTIONS,
        "LC_ALL": "C",
        "LANGUAGE": "",
        # For our own hooks, which go by the locale otherwise.
        "VAULT_NOTES_LANG": env.get("VAULT_NOTES_LANG") or language(),
    }


def _quoted(program: str | None) -> str | None:
    if not program:
        return None
    import shlex  # here: hardly anybody names one

    return shlex.quote(program)


def fetch(
    repository: Repository,
    remote: str,
    branch: str,
    progress: Progress | None = None,
    *,
    silence: float = FETCH_SILENCE,
) -> Reached:
    """Bring what a server has into `refs/remotes/<remote>/<branch>`, if it follows what was there.

    A server with another vault, or one whose history was rewritten, changes nothing there; what the latter
    has now is brought to `refs/vault/seen/<remote>`.
    """
    tracking = f"refs/remotes/{remote}/{branch}"
    known = repository.commit(tracking)
    reached = _fetch(repository, remote, f"refs/heads/{branch}:{tracking}", progress, silence)
    if reached.state is RemoteState.STALE:
        reached = _fetch(repository, remote, f"+refs/heads/{branch}:{SEEN}/{remote}", progress, silence)
        if not reached.is_ok:
            return reached
        is_same = _is_same_vault(repository, f"{SEEN}/{remote}")
        return Reached(RemoteState.REWRITTEN if is_same else RemoteState.UNRELATED)
    if reached.state is RemoteState.EMPTY:
        return _without_branch(repository, remote, branch, known, silence)
    if reached.is_ok and known is None and not _belongs(repository, tracking):
        repository.set_ref(tracking, None)
        return Reached(RemoteState.UNRELATED)
    return reached


class _Running:
    """A git command that talks to a server."""

    def __init__(self, repository: Repository, *words: str) -> None:
        options = [word for setting in _SETTINGS for word in ("-c", setting)]
        self._process = subprocess.Popen(
            ["git", "-C", str(repository.top), *options, *words],
            env=network_env(repository.environment, repository.ssh_command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Without a terminal that ssh could ask on; Ctrl-C comes to us alone, and we end it.
            start_new_session=True,
        )
        self._is_heard = False

    def said(self, progress: Progress | None, silence: float) -> Said:
        """Return what it says until it ends, or says nothing for `silence` seconds."""
        self._is_heard = True
        try:
            out, err = _listened(self._process, silence, progress)
            return Said(self._process.wait(), out, err)
        except TimeoutError:
            return Said(None, "", "")
        finally:
            self.end()

    def end(self) -> None:
        """End it, unless it has ended."""
        _end(self._process)
        if not self._is_heard:  # else those who listen close what they hear
            for stream in filter(None, (self._process.stdout, self._process.stderr)):
                stream.close()


class Push(_Running):
    """A push under way. To `end` it leaves the server with all that was sent, or nothing."""

    def __init__(self, repository: Repository, remote: str, refspec: str, *options: str) -> None:
        super().__init__(
            repository,
            # Whatever the settings say: neither all branches, nor signed, nor by force.
            *("-c", f"remote.{remote}.mirror=false", "-c", "push.followTags=false"),
            *("push", "--porcelain", "--progress", "--no-signed", "--no-recurse-submodules", "--no-force"),
            *(*options, "--end-of-options", remote, refspec),
        )

    def answer(self, progress: Progress | None = None, *, silence: float = PUSH_SILENCE) -> Reached:
        """Return how it went, once it is over."""
        said = self.said(progress, silence)
        if said.status == 0:
            return Reached(RemoteState.OK)
        return _silent(silence) if said.status is None else read_push(said.err, said.out)


def begin_push(repository: Repository, remote: str, branch: str, tip: str | None, commit: str) -> Push:
    """Begin to send a commit to a branch of a server that is at `tip`, from which it follows.

    `STALE` is a server that is elsewhere, even somewhere before `tip`: somebody put it back on purpose, which
    is for a person to judge.
    """
    lease = f"--force-with-lease=refs/heads/{branch}:{tip or ''}"
    return Push(repository, remote, f"{commit}:refs/heads/{branch}", lease)


def may_push(repository: Repository, remote: str, branch: str, *, silence: float = FETCH_SILENCE) -> Reached:
    """Ask a server whether it would let this person send; nothing is sent."""
    refspec = f"HEAD:refs/heads/{branch}"
    return Push(repository, remote, refspec, "--dry-run", "--no-verify").answer(silence=silence)


def let_git_ask(repository: Repository, remote: str, branch: str) -> None:
    """Let git and ssh ask for a login on this terminal, once; whether it was right, `may_push` tells."""
    words = ["ls-remote", "--quiet", "--end-of-options", remote]
    if repository.commit("HEAD") is not None:
        refspec = f"HEAD:refs/heads/{branch}"
        words = ["push", "--quiet", "--dry-run", "--no-verify", "--end-of-options", remote, refspec]
    command = ["git", "-C", str(repository.top), "-c", "protocol.ext.allow=never", *words]
    subprocess.run(command, env=repository.environment, stdout=subprocess.DEVNULL, check=False)


def heads(repository: Repository, remote: str, *, silence: float = FETCH_SILENCE) -> Heads | Reached:
    """Ask a server, named or by its address, what it has; or return why it can't be asked."""
    said = run(repository, "ls-remote", "--symref", "--end-of-options", remote, silence=silence)
    if said.status is None:
        return _silent(silence)
    if said.status != 0:
        return read_failure(said.err)
    rows = [line.split("\t") for line in said.out.splitlines() if "\t" in line]
    main = next((value for value, name in rows if name == "HEAD" and value.startswith("ref: ")), None)
    start = "refs/heads/"
    return Heads(
        {name.removeprefix(start): value for value, name in rows if name.startswith(start)},
        main.removeprefix("ref: ").removeprefix(start) if main else None,
    )


def vault_id_at(repository: Repository, revision: str) -> str | None:
    """Return the id of the vault whose state a commit is, None where it is no vault's."""
    commit = repository.commit(revision)
    blob = repository.files(commit, SETTINGS_NAME).get(PurePosixPath(SETTINGS_NAME)) if commit else None
    if blob is None:
        return None
    from vault_tool.vault.toml import parse_toml  # here: only a server seen for the first time is asked

    with suppress(VaultError):
        found = parse_toml(repository.read(blob).decode("utf-8-sig", "replace"), Path(SETTINGS_NAME)).get(
            "id"
        )
        return found if isinstance(found, str) else None
    return None


def _fetch(
    repository: Repository, remote: str, refspec: str, progress: Progress | None, silence: float
) -> Reached:
    said = run(
        repository,
        *("fetch", "--progress", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"),
        # Else git follows the remote's own refspec as well, which accepts a rewritten history.
        *("--refmap=", "--no-prune", "--no-auto-gc", "--end-of-options", remote, refspec),
        progress=progress,
        silence=silence,
    )
    if said.status == 0:
        return Reached(RemoteState.OK)
    if said.status is None:
        return _silent(silence)
    if "couldn't find remote ref" in said.err:
        return Reached(RemoteState.EMPTY)
    if re.search(r"\[rejected\].*\(non-fast-forward\)", said.err):
        return Reached(RemoteState.STALE)
    return read_failure(said.err)


def _without_branch(
    repository: Repository, remote: str, branch: str, known: str | None, silence: float
) -> Reached:
    """Tell what it means that a server doesn't have the branch."""
    there = heads(repository, remote, silence=silence)
    if isinstance(there, Reached):
        return there
    if branch in there.branches:
        return Reached(RemoteState.STALE)
    if known is not None:
        # It had the vault, and has it no longer: whoever emptied it may have had reasons.
        return Reached(RemoteState.REWRITTEN)
    if there.branches:
        return Reached(RemoteState.OTHER_BRANCH, ", ".join(sorted(there.branches)[:3]))
    return Reached(RemoteState.EMPTY)


def _belongs(repository: Repository, tip: str) -> bool:
    """Tell whether a server's state, seen for the first time, is one of this vault."""
    if repository.commit("HEAD") is None:
        return True
    return _is_same_vault(repository, tip) and repository.common_ancestor("HEAD", tip) is not None


def _is_same_vault(repository: Repository, tip: str) -> bool:
    here, there = vault_id_at(repository, "HEAD"), vault_id_at(repository, tip)
    return here is None or here == there


def _silent(silence: float) -> Reached:
    return Reached(RemoteState.OFFLINE, f"no answer for {silence:.0f} s")


# --- the process


def run(
    repository: Repository, *words: str, progress: Progress | None = None, silence: float = FETCH_SILENCE
) -> Said:
    """Run a git command that talks to a server; it is ended when it says nothing for `silence` seconds."""
    return _Running(repository, *words).said(progress, silence)


def _listened(process: subprocess.Popen[bytes], silence: float, progress: Progress | None) -> tuple[str, str]:
    """Return what a process says on its two streams until it ends. Raises `TimeoutError`."""
    from queue import Empty, Queue  # here: by now git is at work

    heard: Queue[tuple[int, bytes]] = Queue()
    for number, stream in enumerate((process.stdout, process.stderr)):
        Thread(target=_pass_on, args=(stream, number, heard), daemon=True).start()
    said = [bytearray(), bytearray()]
    open_streams = len(said)
    line = b""
    last = time.monotonic()
    while open_streams:
        try:
            number, data = heard.get(timeout=min(silence, _LOOK_SECONDS))
        except Empty:
            if process.poll() is not None:
                break  # what it left behind, an ssh that others share, keeps the streams open
            if time.monotonic() - last >= silence:
                raise TimeoutError from None
            continue
        last = time.monotonic()
        if not data:
            open_streams -= 1
            continue
        said[number] += data
        if number == 1 and progress is not None:
            *whole, line = re.split(rb"[\r\n]", line + data)
            for done, total in _counts(whole):
                progress(done, total)
    out, err = (bytes(part).decode("utf-8", "replace") for part in said)
    # Of a line that was drawn over and over the last state is what counts.
    return out, "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in err.split("\n"))


def _pass_on(stream: IO[bytes], number: int, heard: Queue[tuple[int, bytes]]) -> None:
    with suppress(OSError), stream:
        while data := os.read(stream.fileno(), 65536):
            heard.put((number, data))
    heard.put((number, b""))


def _counts(lines: list[bytes]) -> Iterator[tuple[int, int]]:
    for line in lines:
        if found := _DONE.match(line):
            yield int(found[1]), int(found[2])


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process with all that it started: ssh, a helper, a hook."""
    if process.poll() is None:
        _signal(process, gently=True)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
        # git may have gone without what it started.
        _signal(process, gently=False)
        process.wait()


def _signal(process: subprocess.Popen[bytes], *, gently: bool) -> None:
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM if gently else signal.SIGKILL)
