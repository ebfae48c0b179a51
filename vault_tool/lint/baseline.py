"""The findings that a vault has lived with so far: they are passed over, and only new ones fail.

A line of the file is one finding: customer, rule, digest, number. The digest is that of the finding's line
with every number masked, so that a finding is known again wherever its line moves to, whatever the file is
called, and nothing but another text is new. Of privacy rules, and of all else on their lines, no digest is
kept: a short secret could be guessed from it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from vault_tool.errors import Exit, VaultError
from vault_tool.lint.finding import Finding, Phrase
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.patterns import pattern
from vault_tool.vault import files
from vault_tool.vault.walk import printable

PRIVACY = "PV"
NO_DIGEST = "-"
HEADER = """\
# Findings of `vault lint` that are passed over: `vault lint --baseline` reads them, --write-baseline and
# --prune-baseline write them. Each line is one: customer, rule, digest of the line, number.
"""

_LINE = pattern(r"(?P<customer>.+) (?P<rule>[A-Z]{2}\d{3}) (?P<digest>[0-9a-f]{16}|-) (?P<number>\d+)")
_LARGEST = 64 * 1024 * 1024


class NoBaseline(VaultError):
    """The baseline that was named is not there."""

    message = N_("There is no baseline {path}.")
    hint = N_("`vault lint --write-baseline FILE` makes one of what is found now.")
    exit_code = Exit.USAGE


class BadBaseline(VaultError):
    """A line of the baseline is none of ours."""

    message = N_("{path}:{line}: this is no line of a baseline.")
    hint = N_("After a merge, keep the lines of both sides; else write it anew with --write-baseline.")
    exit_code = Exit.UNREADABLE


class Key(NamedTuple):
    """What a finding is known by."""

    customer: str
    rule: str
    digest: str


class Known(NamedTuple):
    """One file's findings: those that the baseline does not hold, and those that it does."""

    new: list[Finding]
    known: list[Finding]


class Baseline:
    """How often each finding may be met without being new."""

    def __init__(self, counts: Counter[Key] | None = None) -> None:
        self.counts = Counter(counts or {})

    def __len__(self) -> int:
        return self.counts.total()

    def text(self) -> str:
        """Return the file's text: sorted, one finding a line, so that git can merge it."""
        lines = sorted(
            f"{' '.join(key)} {number}" for key, count in self.counts.items() for number in range(count)
        )
        return HEADER + "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str, path: Path) -> Baseline:
        """Read a file's text; lines may stand in any order, and twice, as a merge leaves them."""
        found: set[tuple[Key, int]] = set()
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip() or line.startswith("#"):
                continue
            entry = _LINE.fullmatch(line.removesuffix("\r"))
            if entry is None:
                raise BadBaseline(path=path, line=number)
            found.add((Key(entry["customer"], entry["rule"], entry["digest"]), int(entry["number"])))
        return cls(Counter(key for key, _number in found))


def read_baseline(path: Path) -> Baseline:
    """Read the baseline in a file. Raises `NoBaseline`, `BadBaseline`."""
    try:
        data = files.read(path.parent, PurePosixPath(path.name), _LARGEST).data
    except files.FileMissing as error:
        raise NoBaseline(path=path) from error
    return Baseline.parse(data.decode("utf-8", "surrogateescape"), path)


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Replace the file, whole or not at all; one that would stay the same is not touched."""
    data = baseline.text().encode("utf-8", "surrogateescape")
    name = PurePosixPath(path.name)
    try:
        if files.read(path.parent, name, _LARGEST).data == data:
            return
    except files.FileMissing:
        pass
    files.replace(path.parent, name, data)


class Matcher:
    """Tells known findings from new ones in one run, and remembers what it met."""

    def __init__(self, baseline: Baseline) -> None:
        self._left = Counter(baseline.counts)
        self.met: Counter[Key] = Counter()

    def sort_out(self, path: PurePosixPath, customer: str | None, findings: Sequence[Finding]) -> Known:
        """Part one file's findings; `customer` is its id, where it has one."""
        known = Known([], [])
        for finding, keys in keys_of(path, customer, findings):
            met = next((key for key in keys if self._left[key] > 0), None)
            if met is None:
                known.new.append(finding)
                continue
            self._left[met] -= 1
            self.met[met] += 1
            known.known.append(finding)
        return known


def keys_of(
    path: PurePosixPath, customer: str | None, findings: Sequence[Finding]
) -> Iterator[tuple[Finding, list[Key]]]:
    """Yield findings with what each may be known by; the first key is the one to be kept.

    A note that had no id when the baseline was written stands there by its path.
    """
    private = {finding.start[0] for finding in findings if is_private(finding)}
    names = names_of(path, customer)
    for finding in findings:
        digests = [NO_DIGEST] if is_private(finding) else [digest_of(finding), NO_DIGEST]
        if finding.start[0] in private:
            digests.reverse()
        yield finding, [Key(name, finding.code, digest) for name in names for digest in digests]


def is_private(finding: Finding) -> bool:
    """Tell whether a finding is about a secret."""
    return finding.code.startswith(PRIVACY)


def digest_of(finding: Finding) -> str:
    """Return the digest of the line that a finding stands in: of its words, not of its numbers and blanks.

    Where the line has no words, as the `---` under which fields are missing, what the finding says stands in.
    """
    line = finding.excerpt
    if not re.search(r"[^\W\d_]", line):
        line = _plain(Phrase(finding.message, finding.values))
    return files.digest(" ".join(re.sub(r"\d+", "0", line).split()).encode("utf-8", "surrogatepass"))[:16]


def _plain(phrase: Phrase) -> str:
    values = [_plain(value) if isinstance(value, Phrase) else str(value) for value in phrase.values.values()]
    return " ".join([phrase.message, *values])


def names_of(path: PurePosixPath, customer: str | None) -> list[str]:
    """Return what a note may be called in a baseline: by its id, where that is one, and by its path."""
    by_path = "./" + printable(path).replace("\n", "\\n").replace("\r", "\\r")
    return [f"{customer}", by_path] if re.fullmatch(r"[\w.-]+", customer or "") else [by_path]


Scope = Callable[[Key], bool]


def accept(old: Baseline, found: Iterable[Key], scope: Scope) -> Baseline:
    """Return the baseline of what was found; of what was not looked at, the old lines stay."""
    kept = Counter({key: count for key, count in old.counts.items() if not scope(key)})
    return Baseline(kept + Counter(found))


def prune(old: Baseline, met: Counter[Key], scope: Scope) -> Baseline:
    """Return the baseline without what was looked at and not met: nothing is ever added."""
    return Baseline(
        Counter({key: met[key] if scope(key) else count for key, count in old.counts.items()}) + Counter()
    )
