"""The tiny client of the warm process: asks it for an answer before anything else is imported.

Whatever is not as it should be, there is no answer, and the caller does the work itself. Every import here is
paid for by every command: there is one, and only where a warm process may be.
"""

import os
import sys

import vault_tool

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket
    from collections.abc import Mapping, Sequence

    _Answer = tuple[int, Sequence[tuple[int, memoryview]]]

ACCEPTED_WITHIN = 1.0
ANSWERED_WITHIN = 12.0
ACCEPTED = b"+"

_SERVED = ("search", "list", "show")
# What takes the terminal (a worker refuses it however it is written); what belongs in nobody else's memory.
_NEVER = ("-i", "--pick", "--open", "--reveal")
_LONGEST_PATH = 100
_LARGEST_PRIME = (1 << 127) - 1


def answer() -> int | None:
    """Say what a warm process answers to this command line, and return the exit status.

    None: nothing was said, for there is no such process, or this is none of its business.
    """
    if os.name != "posix" or None in (sys.stdin, sys.stdout, sys.stderr):
        return None
    try:
        answered = _answered()
        if answered is None:
            return None
        for stream, text in answered[1]:
            _write(stream, text)
    except BrokenPipeError:
        return 0  # who reads has seen enough
    except OSError:
        return None  # what can't be written is told by the command itself
    except KeyboardInterrupt:
        return 130
    return answered[0]


def _answered() -> "_Answer | None":
    try:
        asked = _asked(sys.argv, os.environ)
        received = _exchanged(*asked) if asked else None
        return None if received is None else _read(received)
    except (OSError, ValueError, IndexError):
        return None


# Where the two meet


def identity() -> bytes:
    """Describe this program: both ends have to be the same, and take the same bytes for the same text."""
    file = vault_tool.__file__
    # An installation from a checkout may be another one of the same version.
    made = os.stat(file).st_mtime_ns
    text = f"{vault_tool.__version__} {made} {file} {sys.version} {sys.getfilesystemencoding()}"
    return os.fsencode(text)


def socket_path(root: str, env: "Mapping[str, str]") -> str | None:
    """Return where the warm process of a vault listens; None where there is no room for its name.

    The folder is its owner's alone: who can't enter it can neither ask, nor pretend to answer.
    """
    # Names that differ are enough, and `hashlib` would take longer than everything else here.
    key = os.fsencode(f"{root}\0{env.get('VAULT_NOTES_HOME', '')}")
    name = format(int.from_bytes(key, "big") % _LARGEST_PRIME, "x")
    uid = os.getuid()
    own = env.get("XDG_RUNTIME_DIR") or f"/run/user/{uid}"
    folders = [f"{own}/vault-notes"] if os.path.isdir(own) else []
    folders += [f"{place}/vault-notes-{uid}" for place in (env.get("TMPDIR") or "/tmp", "/tmp")]
    for folder in folders:
        if len(os.fsencode(path := f"{folder}/{name}")) < _LONGEST_PATH:
            return path
    return None


def is_private(folder: str) -> bool:
    """Tell whether this is a folder, and ours, and nobody else may enter it."""
    seen = os.lstat(folder)
    return seen.st_mode & 0o170077 == 0o040000 and seen.st_uid == os.getuid()


def peer_uid(connection: "_socket.socket") -> int:
    """Return the user at the other end."""
    if sys.platform == "linux":
        import _socket

        level, option, size = _socket.SOL_SOCKET, _socket.SO_PEERCRED, 12  # pid, uid, gid
    else:
        level, option, size = 0, 1, 76  # SOL_LOCAL, LOCAL_PEERCRED of the BSDs: version, uid, groups
    return int.from_bytes(connection.getsockopt(level, option, size)[4:8], sys.byteorder)


# The question


def _asked(argv: "Sequence[str]", env: "Mapping[str, str]") -> tuple[str, bytes] | None:
    """Return where to ask, and what; None for what no warm process answers."""
    prog = os.path.splitext(os.path.basename(argv[0]))[0]
    prog = prog if prog.startswith("vault") else "vault"
    given = _completing(prog, env)
    if given is None:
        given = _vault_given(argv[1:])
    if given is None:
        return None
    cwd = os.getcwd()
    root = _root(os.path.join(cwd, given or env.get("VAULT_NOTES_DIR", "")))
    path = socket_path(root, env) if root else None
    if path is None or not os.path.exists(path):
        return None
    terminals = "".join("01"[os.isatty(stream)] for stream in range(3))
    size = os.get_terminal_size(1) if terminals[1] == "1" else (0, 0)
    numbers = map(str, (*size, os.fstat(1).st_blksize))
    head = (terminals, *numbers, prog, cwd, str(len(argv) - 1), *argv[1:])
    fields = [identity(), *map(os.fsencode, head), *(b"%b=%b" % item for item in os.environb.items())]
    return path, b"\0".join(fields)


def _completing(prog: str, env: "Mapping[str, str]") -> str | None:
    """Return that a shell asks for completions, as the vault that it names: none."""
    instruction = env.get(f"_{prog}_COMPLETE".replace("-", "_").upper(), "")
    is_ours = instruction.endswith("_complete") and "-C" not in env.get("COMP_WORDS", "-C")
    return "" if is_ours else None


def _vault_given(words: "Sequence[str]") -> str | None:
    """Return the vault that stands before the command (or nothing), None for a command we do ourselves."""
    found = command_of(words)
    if found is None:
        return None
    given, (command, *rest) = found
    is_ours = command in _SERVED and not any(word.partition("=")[0] in _NEVER for word in rest)
    return given if is_ours else None


def command_of(words: "Sequence[str]") -> "tuple[str, Sequence[str]] | None":
    """Return the vault that stands before the command (or nothing), and the command with all behind it.

    None where there is no command, or options before it that are not for any.
    """
    given = ""
    rest = iter(words)
    for word in rest:
        if word == "-C":
            given = next(rest, "")
        elif word == "--color":
            next(rest, "")
        elif word.startswith("-C"):
            given = word[2:]
        elif not word.startswith("--color="):
            return given, [word, *rest]
    return None


def _root(start: str) -> str | None:
    """Return the root of the vault that this folder is in; the command itself looks again, more closely."""
    folder = os.path.realpath(start)
    while not os.path.isfile(os.path.join(folder, "vault.toml")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


# The answer


def _exchanged(path: str, question: bytes) -> bytes | None:
    """Ask, and return the whole answer; None when there is none, or not all of it."""
    import _socket

    if not is_private(os.path.dirname(path)):
        return None
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        connection.settimeout(ACCEPTED_WITHIN)
        connection.connect(path)
        if peer_uid(connection) != os.getuid():
            return None
        connection.sendall(len(question).to_bytes(4, "big") + question)
        if connection.recv(1) != ACCEPTED:
            return None
        connection.settimeout(ANSWERED_WITHIN)
        received = bytearray()
        while len(received) < 8 or len(received) < 8 + int.from_bytes(received[:8], "big"):
            if not (some := connection.recv(1 << 20)):
                return None
            received += some
        return bytes(received[8:])
    finally:
        connection.close()


def _read(received: bytes) -> "_Answer":
    """Return an answer's exit status and what goes where, in the order in which it was written."""
    parts = []
    at = 1
    while at < len(received):
        stream, end = received[at], at + 9 + int.from_bytes(received[at + 1 : at + 9], "big")
        if stream not in (1, 2) or end > len(received):
            raise ValueError
        parts.append((stream, memoryview(received)[at + 9 : end]))
        at = end
    return received[0], parts


def _write(stream: int, text: memoryview) -> None:
    while text:
        try:
            text = text[os.write(stream, text) :]
        except BlockingIOError:
            import select

            select.select([], [stream], [])
