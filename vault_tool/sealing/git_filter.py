"""git's clean filter: what is added to git is sealed on the way. One process serves any number of files.

The protocol is git's own (gitattributes(5), "Long Running Filter Process"), version 2. What goes out of git
passes unchanged: a checkout has sealed values, and opening them is another matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from vault_tool.errors import VaultError

Clean = Callable[[str, bytes], bytes]
"""Returns what git is to keep of a file (its path, its bytes). Raises `VaultError` to refuse it."""
Complain = Callable[[str, VaultError], None]
_LARGEST = 65516  # of a packet's content: LARGE_PACKET_DATA_MAX in git's pkt-line.h
_FLUSH = b"0000"


class NotGit(Exception):
    """The other side doesn't speak the protocol, or went away in the middle of a sentence."""


def serve(stdin: BinaryIO, stdout: BinaryIO, clean: Clean, complain: Complain) -> None:
    """Answer git until it goes away. A file that is refused stops git's command, by `filter.required`."""
    _greet(stdin, stdout)
    while (header := _header(stdin)) is not None:
        data = b"".join(_packets(stdin))
        path = header.get("pathname", "")
        if header.get("command") == "clean":
            try:
                data = clean(path, data)
            except VaultError as error:
                complain(path, error)
                _say(stdout, ["status=error"])
                stdout.flush()
                continue
        _say(stdout, ["status=success"])
        for at in range(0, len(data), _LARGEST):
            _packet(stdout, data[at : at + _LARGEST])
        # An end of the content, and an empty list: the status stays what it is.
        stdout.write(_FLUSH + _FLUSH)
        stdout.flush()


def _greet(stdin: BinaryIO, stdout: BinaryIO) -> None:
    hello = [line.decode("ascii", "replace").rstrip("\n") for line in _packets(stdin)]
    if hello[:1] != ["git-filter-client"] or "version=2" not in hello:
        raise NotGit
    _say(stdout, ["git-filter-server", "version=2"])
    stdout.flush()
    offered = {line.decode("ascii", "replace").rstrip("\n") for line in _packets(stdin)}
    _say(stdout, [name for name in ("capability=clean", "capability=smudge") if name in offered])
    stdout.flush()


def _header(stdin: BinaryIO) -> Mapping[str, str] | None:
    """Return what git asks next; None when it has gone."""
    first = _read_packet(stdin, may_end=True)
    if first is None:
        return None
    lines = [first, *_packets(stdin)]
    told = (line.decode("utf-8", "surrogateescape").rstrip("\n").partition("=") for line in lines)
    return {key: value for key, _sign, value in told}


def _packets(stdin: BinaryIO) -> Iterator[bytes]:
    while (packet := _read_packet(stdin)) is not None:
        yield packet


def _read_packet(stdin: BinaryIO, *, may_end: bool = False) -> bytes | None:
    """Return one packet; None for a flush, or where the other side has gone and may do so."""
    head = stdin.read(4)
    if len(head) < 4:
        if may_end and not head:
            return None
        raise NotGit
    try:
        length = int(head, 16)
    except ValueError:
        raise NotGit from None
    if length == 0:
        return None
    data = stdin.read(length - 4)
    if length < 4 or len(data) < length - 4:
        raise NotGit
    return data


def _packet(stdout: BinaryIO, data: bytes) -> None:
    stdout.write(f"{len(data) + 4:04x}".encode("ascii") + data)


def _say(stdout: BinaryIO, lines: list[str]) -> None:
    for line in lines:
        _packet(stdout, f"{line}\n".encode())
    stdout.write(_FLUSH)
