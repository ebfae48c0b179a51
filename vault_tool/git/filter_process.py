"""git's clean filter: one process that any number of files pass through.

The protocol is git's own (gitattributes(5), "Long Running Filter Process"), version 2. What comes out of git
passes unchanged: a checkout has sealed values, and opening them is another matter.

Only the standard library, and nothing that Python 3.8 lacks: a copy of this file stands in `.git/vault/`,
where it serves git when the program is gone.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

_LARGEST = 65516  # of a packet's content: LARGE_PACKET_DATA_MAX in git's pkt-line.h
_FLUSH = b"0000"


class NotGit(Exception):
    """The other side doesn't speak the protocol, or went away in the middle of a sentence."""


class Refused(Exception):
    """Git must not have this file; whoever was asked has said why."""


def serve(stdin: BinaryIO, stdout: BinaryIO, clean: Callable[[str, bytes], bytes]) -> None:
    """Answer git until it goes away.

    `clean` returns what git is to keep of a file, by its path and bytes; where it raises `Refused`, git's
    command stops, by `filter.required`.
    """
    _greet(stdin, stdout)
    while True:
        header = _header(stdin)
        if header is None:
            return
        data = b"".join(_packets(stdin))
        if header.get("command") == "clean":
            try:
                data = clean(header.get("pathname", ""), data)
            except Refused:
                _say(stdout, _told(["status=error"]))
                continue
        content = [_packet(data[at : at + _LARGEST]) for at in range(0, len(data), _LARGEST)]
        # An end of the content, and an empty list: the status stays what it is.
        _say(stdout, b"".join([_told(["status=success"]), *content, _FLUSH, _FLUSH]))


def _greet(stdin: BinaryIO, stdout: BinaryIO) -> None:
    hello = [line.decode("ascii", "replace").rstrip("\n") for line in _packets(stdin)]
    if hello[:1] != ["git-filter-client"] or "version=2" not in hello:
        raise NotGit
    _say(stdout, _told(["git-filter-server", "version=2"]))
    offered = {line.decode("ascii", "replace").rstrip("\n") for line in _packets(stdin)}
    _say(stdout, _told([name for name in ("capability=clean", "capability=smudge") if name in offered]))


def _header(stdin: BinaryIO) -> dict[str, str] | None:
    """Return what git asks next; None when it has gone."""
    first = _read_packet(stdin, may_end=True)
    if first is None:
        return None
    lines = [first, *_packets(stdin)]
    told = (line.decode("utf-8", "surrogateescape").rstrip("\n").partition("=") for line in lines)
    return {key: value for key, _sign, value in told}


def _packets(stdin: BinaryIO) -> Iterator[bytes]:
    while True:
        packet = _read_packet(stdin)
        if packet is None:
            return
        yield packet


def _read_packet(stdin: BinaryIO, may_end: bool = False) -> bytes | None:
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
    data = stdin.read(length - 4) if length > 4 else b""
    if length < 4 or len(data) < length - 4:
        raise NotGit
    return data


def _packet(data: bytes) -> bytes:
    return b"%04x%b" % (len(data) + 4, data)


def _told(lines: list[str]) -> bytes:
    return b"".join(_packet((line + "\n").encode("ascii")) for line in lines) + _FLUSH


def _say(stdout: BinaryIO, answer: bytes) -> None:
    """Write an answer as one: each piece by itself would wake git."""
    stdout.write(answer)
    stdout.flush()
