"""Git set up so that it seals what it is given: a filter, hooks, and a stand-in for a program that is gone.

All of it lies in `.git`, which no clone brings along; only the line in `.gitattributes` comes with one.
Writing commands see to it, reading ones tell that it is missing.
"""

from __future__ import annotations

import os
import re
import sys
import zlib
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from vault_tool import __version__
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _
from vault_tool.vault import files

if TYPE_CHECKING:
    from vault_tool.git.repository import Repository

ATTRIBUTES = PurePosixPath(".gitattributes")
ATTRIBUTE_LINE = "*.[mM][dD] filter=vault diff=vault"
HOOKS = ("pre-commit", "pre-merge-commit", "pre-push")
FOLDER = "vault"
BEFORE = ".before-vault"
"""What stands behind the name of a hook that was there first; ours runs it."""
# githooks(5), without those of a server: where hooks lie in a folder of somebody's, we stand before it.
_ALL_HOOKS = (
    *HOOKS,
    *("applypatch-msg", "pre-applypatch", "post-applypatch", "prepare-commit-msg", "commit-msg"),
    *("post-commit", "pre-rebase", "post-checkout", "post-merge", "pre-auto-gc", "post-rewrite"),
    "sendemail-validate",
)
# Git runs them at every turn: only who has them pays for them.
_FREQUENT_HOOKS = ("post-index-change", "reference-transaction")
_OURS = "# Written by vault; it is written anew when it changes."
_STAMP = "stamp"
_FORMER = "vault.hooksPath"
_SETTINGS = {
    "filter.vault.process": 'sh "$(git rev-parse --git-common-dir)/vault/vault" git-filter',
    "filter.vault.required": "true",
    "diff.vault.textconv": "sed '/^<!-- vault:sealed/,/^-->/d'",
    "diff.vault.cachetextconv": "false",
}
_IN_CONFIG = ('[filter "vault"]', "process = sh ", "/vault/vault", "required = true", '[diff "vault"]')
_HOOKS_PATH = re.compile(r"^[ \t]*hookspath[ \t]*=[ \t]*\"?([^\r\n\"]*)", re.IGNORECASE | re.MULTILINE)

_LAUNCHER = """#!/bin/sh
{ours}
python={python}
[ -x "$python" ] || python=$(command -v python3 || command -v python)
exec "$python" "${{0%/*}}/stand_in.py" "$@"
"""
_HOOK = """#!/bin/sh
{ours}
name=$1 former=$2
shift 2
vault=${{0%/*}}/vault
case $name in
pre-commit | pre-merge-commit)
    [ ! -x "$former" ] || "$former" "$@" || exit
    exec sh "$vault" ci --staged
    ;;
pre-push)
    refs=$(cat)
    [ ! -x "$former" ] || printf '%s\\n' "$refs" | "$former" "$@" || exit
    printf '%s\\n' "$refs" | sh "$vault" ci --push -- "$1"
    ;;
*)
    [ ! -x "$former" ] || exec "$former" "$@"
    ;;
esac
"""
_CALL = """#!/bin/sh
{ours}
exec sh "$(git rev-parse --git-common-dir)/vault/hook" {name} {former} "$@"
"""


class CannotSetUp(VaultError):
    """Git's folder can't be written to."""

    message = N_("Git can't be set up to seal what it is given: {reason}.")
    hint = N_("See to the folder {path}; until then nothing guards what `git add` takes.")
    exit_code = Exit.UNREADABLE


class Lacking(NamedTuple):
    """What is missing for git to seal, in words for a table."""

    filter: bool
    hooks: bool
    attributes: bool


def lacking(root: Path, git: Path) -> Lacking:
    """Look, without asking git, what of it is missing; `git` is where it keeps its settings."""
    config = _text(git / "config")
    own = git / FOLDER
    hooks = _hooks_folder(git, config)
    return Lacking(
        filter=any(part not in config for part in _IN_CONFIG)
        or not all((own / name).is_file() for name in ("vault", "stand_in.py", "filter_process.py")),
        hooks=hooks is None or not all(_OURS in _text(hooks / name) for name in HOOKS),
        attributes=ATTRIBUTE_LINE not in _text(git / "info" / "attributes")
        or ATTRIBUTE_LINE not in _text(root / ATTRIBUTES),
    )


def is_set_up(root: Path, git: Path, sealed_keys: Collection[str] | None = None) -> bool:
    """Tell whether nothing is missing; with the sealed spellings, whether all is of our own making."""
    if any(lacking(root, git)):
        return False
    return sealed_keys is None or _text(git / FOLDER / _STAMP) == _stamp(sealed_keys)


def set_up(root: Path, git: Path, sealed_keys: Collection[str], env: Mapping[str, str]) -> None:
    """Write what is missing. What others wrote there stays, and runs before ours. Raises `CannotSetUp`."""
    from vault_tool.git.repository import Repository

    try:
        with Repository(root, env) as repository:
            _write_own(git / FOLDER, sealed_keys)
            _set_hooks(git, repository)
            for key, value in _SETTINGS.items():
                repository.set(key, value)
        _add_line(git / "info" / "attributes")
        _write_attributes(root)
        # Last: until here it would all be done again.
        _write(git / FOLDER / _STAMP, _stamp(sealed_keys))
    except OSError as error:
        raise CannotSetUp(reason=error.strerror or str(error), path=git) from error


def _write_own(folder: Path, sealed_keys: Collection[str]) -> None:
    # Here: every question looks whether all is there, and hardly ever is it written.
    import json

    from vault_tool.git import filter_process, stand_in

    keys = sorted({stand_in.joined(key) for key in sealed_keys})
    folder.mkdir(exist_ok=True)
    for module in (filter_process, stand_in):
        source = Path(module.__file__ or "")
        _write(folder / source.name, source.read_text("utf-8"))
    _write(
        folder / stand_in.SEALED,
        json.dumps({"keys": keys, "messages": _said()}, ensure_ascii=False, indent=1),
    )
    _write(folder / "hook", _HOOK.format(ours=_OURS))
    _write(folder / "vault", _LAUNCHER.format(ours=_OURS, python=_quoted(sys.executable)))


def _said() -> dict[str, str]:
    """Return what is said once the program is gone, in today's language."""
    return {
        "refused": _(
            "vault is no longer installed here, so git can't seal: {path}, line {line}, stays out of it."
        ),
        "unchecked": _("vault is no longer installed here: what goes to git was not checked."),
    }


def _set_hooks(git: Path, repository: Repository) -> None:
    """Put our hooks where git looks for hooks; in a folder of somebody's, stand before all of it."""
    own = git / FOLDER / "hooks"
    told = repository.setting("core.hooksPath")
    if told is None:
        (git / "hooks").mkdir(exist_ok=True)
        for name in HOOKS:
            _take_place(git / "hooks" / name)
        return
    if told != str(own):
        repository.set(_FORMER, told)
        repository.set("core.hooksPath", str(own))
    former = PurePosixPath(repository.setting(_FORMER) or (git / "hooks").as_posix())
    own.mkdir(exist_ok=True)
    there = [name for name in _FREQUENT_HOOKS if (repository.top / former / name).exists()]
    for name in (*_ALL_HOOKS, *there):
        call = _CALL.format(ours=_OURS, name=name, former=_quoted(str(former / name)))
        _write(own / name, call, is_program=True)


def _take_place(path: Path) -> None:
    if path.is_file() and _OURS not in _text(path):
        path.replace(path.with_name(path.name + BEFORE))
    former = f'"${{0%/*}}/{path.name}{BEFORE}"'
    _write(path, _CALL.format(ours=_OURS, name=path.name, former=former), is_program=True)


def _write_attributes(root: Path) -> None:
    try:
        before = files.read(root, ATTRIBUTES).data
    except files.FileMissing:
        before = b""
    line = ATTRIBUTE_LINE.encode("ascii")
    if line not in before:
        gap = b"" if before.endswith(b"\n") or not before else b"\n"
        files.replace(root, ATTRIBUTES, before + gap + line + b"\n")


def _add_line(path: Path) -> None:
    """Put the line where no branch, and nobody who writes to the repository, can take it away."""
    before = _text(path)
    if ATTRIBUTE_LINE not in before:
        path.parent.mkdir(exist_ok=True)
        gap = "" if before.endswith("\n") or not before else "\n"
        _write(path, f"{before}{gap}{ATTRIBUTE_LINE}\n")


def _hooks_folder(git: Path, config: str) -> Path | None:
    told = _HOOKS_PATH.findall(config)
    if not told:
        return git / "hooks"
    own = git / FOLDER / "hooks"
    return own if told[-1].replace("\\\\", "\\") == str(own) else None


def _stamp(sealed_keys: Collection[str]) -> str:
    keys = zlib.crc32("\n".join(sorted(sealed_keys)).encode("utf-8", "surrogatepass"))
    return f"{__version__}\n{sys.executable}\n{keys:08x}\n"


def _text(path: Path) -> str:
    with suppress(OSError):
        return path.read_bytes().decode("utf-8", "surrogateescape")
    return ""


def _write(path: Path, text: str, *, is_program: bool = False) -> None:
    """Replace a file of git's folder whole: git may be reading it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(text.encode("utf-8", "surrogateescape"))
    temporary.chmod(0o755 if is_program else 0o644)
    temporary.replace(path)


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"
