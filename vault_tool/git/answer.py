"""What git says of a server, read as a state: why a vault could not be fetched or sent. Pure."""

from __future__ import annotations

import re
from enum import StrEnum

from vault_tool.named import NamedTuple
from vault_tool.patterns import pattern

_MOST = 300


class RemoteState(StrEnum):
    """How an exchange with a server came out; only `OK` means that it took place."""

    OK = "ok"
    EMPTY = "empty"
    """The server's repository holds nothing yet; sending makes it hold this vault."""
    OFFLINE = "offline"
    AUTH = "auth"
    HOST_KEY = "host-key"
    GONE = "gone"
    REJECTED = "rejected"
    STALE = "stale"
    """Somebody sent in between: fetch, join, send again."""
    UNRELATED = "unrelated"
    REWRITTEN = "rewritten"
    OTHER_BRANCH = "other-branch"
    NO_SPACE = "no-space"
    CORRUPT = "corrupt"
    FAILED = "failed"
    """git gave up for a reason that is not known here."""


class Reached(NamedTuple):
    """How an exchange came out, and why, in the server's or git's own words; they hold no password."""

    state: RemoteState
    reason: str = ""

    @property
    def is_ok(self) -> bool:
        """Whether the exchange took place."""
        return self.state is RemoteState.OK


# In this order: ssh and HTTP end nearly all their troubles with the same last lines.
_LOCAL = (
    # No ssh, or a git that knows no https: nothing was asked yet.
    (
        RemoteState.FAILED,
        r"cannot run |'remote-\w+' is not a git command|(?m:: (?:command )?not found$)"
        r"|line \d+: .*: No such file or directory",
    ),
    (
        RemoteState.HOST_KEY,
        r"Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|host key is known"
        r"|SSL certificate problem|server certificate verification failed|certificate subject name"
        r"|unable to get local issuer certificate",
    ),
    (RemoteState.NO_SPACE, r"No space left on device|[Dd]isk quota exceeded|Out of diskspace"),
    (
        RemoteState.AUTH,
        r"Authentication failed|could not read (?:Username|Password)|returned error: 40[13]\b|HTTP 40[13]\b"
        r"|Permission denied \(|Too many authentication failures|terminal prompts disabled",
    ),
    (
        RemoteState.GONE,
        r"returned error: (?:404|410)\b|HTTP 404\b|fatal: repository '.*' (?:not found|does not exist)"
        r"|does not appear to be a git repository|[Nn]ot a git repository|info/refs not valid"
        r"|detected dubious ownership|No such file or directory|unable to find remote helper"
        r"|transport '.*' not allowed|did you run git update-server-info|ERROR: Repository not found"
        r"|could not be found or you don't have permission",
    ),
    (
        RemoteState.OFFLINE,
        r"Could not resolve|Name or service not known|name resolution|timed out|Connection refused"
        r"|No route to host|Network is unreachable|Failed to connect|Couldn't connect|Connection reset"
        r"|Connection closed|returned error: (?:5\d\d|407|408|429)|HTTP (?:5\d\d|407|408|429)\b"
        r"|Operation too slow|transfer closed|Empty reply from server|early EOF|unexpected disconnect"
        r"|RPC failed|kex_exchange_identification|SSL_ERROR_SYSCALL|gnutls_handshake|Recv failure"
        r"|Could not read from remote repository|hung up unexpectedly",
    ),
    (
        RemoteState.CORRUPT,
        r"is corrupt|is empty|corrupt loose object|bad object|missing (?:blob|tree|commit)|data stream error"
        r"|did not send all necessary objects|unable to read tree|packfile .* cannot be accessed"
        r"|index-pack failed|fetch-pack: invalid index-pack output",
    ),
)
# Said by the server's own end, behind `remote:`.
_SERVER = (
    (
        RemoteState.AUTH,
        r"Invalid username or (?:password|token)|HTTP Basic: Access denied|Permission to .* denied"
        r"|Write access to repository not granted|[Aa]uthentication failed",
    ),
    (RemoteState.GONE, r"Repository not found|could not be found|[Nn]ot found|does not exist"),
)
_BEHIND = ("fetch first", "non-fast-forward", "stale info")
_RACE = ("failed to update ref", "cannot lock ref", "incorrect old value")
_REFUSED = pattern(r"^!\t[^\t]*\t\[(remote )?rejected\](?: \((.*)\))?", re.MULTILINE)
_REMOTE = pattern(r"^remote: ?(.*?)\s*$", re.MULTILINE)
_NOISE = pattern(r"^(?:\s*$|hint:|warning:|remote:|Pushing to |To |From |\s+[!*=+-] |POST |Done$)")
_COUNTING = pattern(
    r"^(?:Enumerating|Counting|Compressing|Receiving|Resolving|Writing|Delta|Total|Unpacking)"
)


def read_push(said: str, told: str) -> Reached:
    """Read why a push failed: from stderr, and from what `--porcelain` prints on stdout."""
    refused = _REFUSED.search(told)
    if refused is None:
        return read_failure(said)
    why = refused[2] or ""
    if not refused[1] and why in _BEHIND:
        return Reached(RemoteState.STALE)
    if any(word in f"{why} {said}" for word in _RACE):
        return Reached(RemoteState.STALE, without_password(why))
    return Reached(RemoteState.REJECTED, _brief(_server_lines(said) or [why]))


def read_failure(said: str) -> Reached:
    """Read why git gave up, from its stderr in English."""
    server = "\n".join(_server_lines(said))
    own = "\n".join(line for line in said.splitlines() if not line.startswith("remote:"))
    lines = [line for line in own.splitlines() if not _NOISE.match(line) and not _COUNTING.match(line)]
    for states, text, shown in ((_SERVER, server, server.splitlines()), (_LOCAL, own, lines)):
        for state, words in states:
            if found := re.search(words, text):
                line = text[text.rfind("\n", 0, found.start()) + 1 :].partition("\n")[0]
                return Reached(state, _brief([line] if line in shown else shown or [line]))
    if "pre-push" in said or "failed to push some refs" in said:
        # A hook on this side, ours or a person's, said no.
        return Reached(RemoteState.REJECTED, _brief([one for one in lines if "failed to push" not in one]))
    return Reached(RemoteState.FAILED, _brief(server.splitlines() + lines))


def without_password(text: str) -> str:
    """Return a text in which no address holds a name with a password, or a token."""
    if "@" not in text and "=" not in text:
        return text
    text = re.sub(r"(?i)\b(https?://)[^/\s]*@", r"\1", text)
    text = re.sub(r"\b(\w[\w+.-]*://)([^/\s:@]*):[^/\s]*@", r"\1\2@", text)
    return re.sub(r"(?i)([?&;](?:\w*token|password|key|secret)=)[^&;\s]+", r"\1...", text)


def _server_lines(said: str) -> list[str]:
    return [line for line in _REMOTE.findall(said) if line and not _COUNTING.match(line)]


def _brief(lines: list[str]) -> str:
    """Return the first words of what was said, on one line, without control characters."""
    text = " ".join(" ".join(lines).split())
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x1f\x7f-\x9f]", "", without_password(text))
    text = re.sub(r"^(?:fatal|error): ", "", text)
    return text if len(text) <= _MOST else text[: _MOST - 3] + "..."
