"""Git set up so that it seals what it is given and merges notes as notes: filter, driver, hooks, stand-in.

All of it lies in `.git`, which no clone brings along; only the lines in `.gitattributes` comes with one.
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

from vault_tool import __version__
from vault_tool.errors import Exit, VaultError
from vault_tool.git.folder import FOLDER
from vault_tool.messages import N_, _
from vault_tool.named import NamedTuple
from vault_tool.patterns import pattern
from vault_tool.vault import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vault_tool.git.repository import Repository

ATTRIBUTES = PurePosixPath(".gitattributes")
ATTRIBUTE_LINES = (
    "*.[mM][dD] merge=vault filter=vault diff=vault",
    # Merged line by line, settings may end up twice, and a keyring as nobody's.
    *("/vault.toml merge=vault", "/.vault/*.toml merge=vault", "/schema/*.yaml merge=vault"),
    "/.vault/groups/** merge=vault",
)
# What earlier versions wrote in place of the first.
_FORMER_LINE = "*.[mM][dD] filter=vault diff=vault"
HOOKS = ("pre-commit", "pre-merge-commit", "pre-push")
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
# A driver that isn't there would leave git with one side, and no mark of the other.
_DRIVER = (
    'sh "$(git rev-parse --git-common-dir)/vault/vault" merge-file --marker-size %L %O %A %B %P; case $? in '
    "0) ;; 10) exit 1 ;; "
    "*) git merge-file --marker-size=%L -L ours -L base -L theirs %A %O %B || exit 1 ;; esac"
)
_SETTINGS = {
    "merge.vault.name": "customer notes",
    "merge.vault.driver": _DRIVER,
    "filter.vault.process": 'sh "$(git rev-parse --git-common-dir)/vault/vault" git-filter',
    "filter.vault.required": "true",
    "diff.vault.textconv": "sed '/^<!-- vault:sealed/,/^-->/d'",
    "diff.vault.cachetextconv": "false",
}
_DRIVER_IN_CONFIG = ('[merge "vault"]', "/vault/vault", "merge-file --marker-size %L %O %A %B %P")
_IN_CONFIG = ('[filter "vault"]', "process = sh ", "/vault/vault", "required = true", '[diff "vault"]')
_HOOKS_PATH = pattern(r"^[ \t]*hookspath[ \t]*=[ \t]*\"?([^\r\n\"]*)", re.IGNORECASE | re.MULTILINE)

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
    """What is missing for git to seal and to merge notes, in words for a table."""

    filter: bool
    driver: bool
    hooks: bool
    attributes: bool

    @property
    def sealing(self) -> bool:
        """Whether something is missing that sealing needs; all of it was there before there was a driver."""
        return self.filter or self.hooks or self.attributes


def lacking(root: Path, git: Path) -> Lacking:
    """Look, without asking git, what of it is missing; `git` is where it keeps its settings."""
    config = _text(git / "config")
    own = git / FOLDER
    hooks = _hooks_folder(git, config)
    attributes = _text(git / "info" / "attributes"), _text(root / ATTRIBUTES)
    return Lacking(
        filter=any(part not in config for part in _IN_CONFIG)
        or not all((own / name).is_file() for name in ("vault", "stand_in.py", "filter_process.py")),
        driver=any(part not in config for part in _DRIVER_IN_CONFIG)
        or any(text != _with_lines(text) for text in attributes),
        hooks=hooks is None or not all(_OURS in _text(hooks / name) for name in HOOKS),
        attributes=not all(
            any(line in text for line in (ATTRIBUTE_LINES[0], _FORMER_LINE)) for text in attributes
        ),
    )


def is_set_up(root: Path, git: Path, sealed_keys: Collection[str] | None = None) -> bool:
    """Tell whether nothing is missing; with the sealed spellings, whether all is of our own making."""
    if any(lacking(root, git)):
        return False
    return sealed_keys is None or _text(git / FOLDER / _STAMP) == _stamp(sealed_keys)


def set_up(root: Path, git: Path, sealed_keys: Collection[str], env: Mapping[str, str]) -> None:
    """Write what is missing. What others wrote there stays, and runs before ours. Raises `CannotSetUp`.

    A bare repository, which only ever merges, gets the driver.
    """
    from vault_tool.git.repository import Repository
    from vault_tool.git.upkeep import suit_many_files

    try:
        with Repository(root, env) as repository:
            _write_own(git / FOLDER, sealed_keys)
            is_bare = repository.is_bare
            if not is_bare:
                _set_hooks(git, repository)
                suit_many_files(repository)
            for key, value in _SETTINGS.items():
                if not is_bare or key.startswith("merge."):
                    repository.set(key, value)
        _add_lines(git / "info" / "attributes")
        if not is_bare:
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
    after = _with_lines(before.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    if after != before:
        files.replace(root, ATTRIBUTES, after)


def _add_lines(path: Path) -> None:
    """Put the lines where no branch, and nobody who writes to the repository, can take them away."""
    before = _text(path)
    after = _with_lines(before)
    if after != before:
        path.parent.mkdir(exist_ok=True)
        _write(path, after)


def _with_lines(text: str) -> str:
    """Return the text of a file of attributes with our lines, an earlier one mended where it stands."""
    lines = text.split("\n")
    there = {line.strip() for line in lines}
    if ATTRIBUTE_LINES[0] in there:
        lines = [line for line in lines if line.strip() != _FORMER_LINE]
    elif _FORMER_LINE in there:
        lines = [line.replace(_FORMER_LINE, ATTRIBUTE_LINES[0]) for line in lines]
        there.add(ATTRIBUTE_LINES[0])
    missing = [line for line in ATTRIBUTE_LINES if line not in there]
    before = "\n".join(lines)
    gap = "\n" if missing and before and not before.endswith("\n") else ""
    return before + gap + "".join(f"{line}\n" for line in missing)


def _hooks_folder(git: Path, config: str) -> Path | None:
    told = _HOOKS_PATH.findall(config) if "hookspath" in config.lower() else []
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
