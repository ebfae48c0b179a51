"""Which notes may not leave this computer as they are, and why; the rest goes.

A note that is held back stays in git as it was there last, until somebody mends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from enum import StrEnum
from functools import cached_property
from pathlib import Path, PurePosixPath

from vault_tool.git.folder import FOLDER
from vault_tool.messages import N_
from vault_tool.named import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vault_tool.lint.work import NoteWork
    from vault_tool.sealing.glance import Glance
    from vault_tool.vault.vault import Vault

FILE_NAME = "held-back.json"
_PRIVACY = "PV"
_COPY = "FE004"


class Why(StrEnum):
    """What keeps a note here."""

    PRIVACY = "privacy"
    UNSEALED = "unsealed"
    BROKEN = "broken"
    COPY = "copy"


REASONS: Mapping[Why, str] = {
    Why.PRIVACY: N_("{path}:{line}: something private stands there in plain"),
    Why.UNSEALED: N_("{path}:{line}: a value that is to be sealed can't be"),
    Why.BROKEN: N_("{path}:{line}: a sealed value is damaged, or half of a merge stands there"),
    Why.COPY: N_("{path}:{line}: a copy that a cloud folder made: merge it and remove it"),
}


class Held(NamedTuple):
    """A note that stays here, and where in it the reason stands; never what stands there."""

    path: PurePosixPath
    why: Why
    line: int = 1


class Holder:
    """Looks at notes as they would leave."""

    def __init__(self, vault: Vault, today: date) -> None:
        self._vault = vault
        self._today = today

    def look(self, path: PurePosixPath, data: bytes, known: bytes | None) -> Held | None:
        """Return why a note must stay, None where it may go; `known` is what git has of it.

        A secret that git has in this very note already is no reason any more: it has left.
        """
        try:
            text = data.decode("utf-8")
            before = None if known is None else known.decode("utf-8")
        except UnicodeDecodeError:
            return self._by_gate(path, data) or self._by_rules(path, data)
        is_odd = "<<<<<<<" in text or ">>>>>>>" in text
        if (is_odd or "sealed" in text or self._glance.may_stand_in_plain(text)) and (
            held := self._by_gate(path, data)
        ):
            return held
        # The rules take longer to load than all the rest: hardly ever is there anything for them to judge.
        is_usual = before is not None or not self._looks_like_a_copy(path)
        if is_usual and not is_odd and not self._has_new_secret(text, before or ""):
            return None
        return self._by_rules(path, data)

    def _looks_like_a_copy(self, path: PurePosixPath) -> bool:
        stem = path.stem.casefold()
        phrases = self._vault.schema.phrases("conflicted-copy")
        return "sync-conflict-" in stem or any(phrase.casefold() in stem for phrase in phrases)

    def _has_new_secret(self, text: str, before: str) -> bool:
        from vault_tool.notes.secrets import find_secrets

        schema = self._vault.schema
        found = {(secret.kind, secret.sign) for secret in find_secrets(_new_lines(text, before), schema)}
        return bool(found) and not found.issubset(
            (secret.kind, secret.sign) for secret in find_secrets(before, schema)
        )

    def _by_gate(self, path: PurePosixPath, data: bytes) -> Held | None:
        from vault_tool.sealing.gate import Gate, Kind

        gate = Gate(self._vault.settings, self._vault.schema)
        for found in gate.check(path, data):
            is_plain = found.kind in (Kind.PLAIN, Kind.MARK)
            return Held(path, Why.UNSEALED if is_plain else Why.BROKEN, found.line)
        return None

    def _by_rules(self, path: PurePosixPath, data: bytes) -> Held | None:
        from vault_tool.lint.finding import Severity
        from vault_tool.notes.note import parse_note
        from vault_tool.vault.files import digest

        linted, _found = self._work.lint(parse_note(path, data, self._vault.schema), data, digest(data))
        for finding in linted.findings:
            if finding.severity is Severity.ERROR:
                why = Why.PRIVACY if finding.code.startswith(_PRIVACY) else Why.COPY
                return Held(path, why, finding.start[0])
        return None

    @cached_property
    def _glance(self) -> Glance:
        from vault_tool.sealing.glance import Glance

        return Glance(self._vault.schema)

    @cached_property
    def _work(self) -> NoteWork:
        from vault_tool.lint.tasks import Setup
        from vault_tool.lint.work import NoteWork

        root, settings = str(self._vault.root), self._vault.settings._replace(warnings=())
        select = (_PRIVACY, _COPY)
        day = self._today.toordinal()
        setup = Setup(root, self._vault.schema, settings, day, select, (), "none", b"", True)
        return NoteWork(setup, None)


def _new_lines(text: str, before: str) -> str:
    """Return the lines of a text that it did not have before: a secret stands in one line, with its label.

    All of it where something may reach over several lines.
    """
    if any(sign in side for sign in ("{{", "｛｛", "PRIVATE KEY") for side in (text, before)):
        return text
    known = set(before.split("\n"))
    return "\n".join(line for line in text.split("\n") if line not in known)


# --- the list that every command asks


def held_back(git: Path) -> list[Held]:
    """Return the notes that the last sync held back."""
    import json  # here, and below: hardly ever is there anything to tell

    with suppress(OSError, ValueError, KeyError, TypeError):
        told = json.loads((git / FOLDER / FILE_NAME).read_bytes())["notes"]
        return [Held(PurePosixPath(each["path"]), Why(each["why"]), int(each["line"])) for each in told]
    return []


def keep_held(git: Path, held: Iterable[Held]) -> None:
    """Keep the list; without any, its file goes."""
    file = git / FOLDER / FILE_NAME
    told = [{"path": str(each.path), "why": str(each.why), "line": each.line} for each in held]
    with suppress(OSError):
        if not told:
            file.unlink(missing_ok=True)
            return
        import json

        file.parent.mkdir(exist_ok=True)
        temporary = file.with_name(f".{FILE_NAME}.new")
        temporary.write_text(json.dumps({"version": 1, "notes": told}, indent=1) + "\n", "utf-8")
        temporary.replace(file)
