"""`vault git-filter`, as git runs it: with nothing loaded that a sealed note doesn't need."""

from __future__ import annotations

import json
import os
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from vault_tool import messages
from vault_tool.errors import VaultError
from vault_tool.git.filter_process import NotGit, Refused, serve
from vault_tool.git.folder import git_folder
from vault_tool.git.stand_in import SEALED, plain_line
from vault_tool.messages import N_, _, render
from vault_tool.sealing.clean import Cleaner
from vault_tool.vault.opening import Opening, open_root
from vault_tool.vault.settings import SETTINGS_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vault_tool.sealing.vault_keys import VaultKeys

_AT_ONCE = 1 << 17


class NoVaultHere(VaultError):
    """The work tree has no settings now, and a file looks as if it had something to seal."""

    message = N_("{path}:{line}: this looks like a value to be sealed, and no vault.toml stands here.")
    hint = N_("Put vault.toml back (`git checkout -- vault.toml`), or leave this file out.")


class GitFilter:
    """Seals for one git command. The vault is opened when a file goes in: a checkout needs none."""

    def __init__(self, root: Path, env: Mapping[str, str]) -> None:
        self._root = root
        self._env = env

    def clean(self, path: str, data: bytes) -> bytes:
        """Return what git is to keep; what it must not have is said on stderr, and `Refused`."""
        try:
            return self._cleaner.clean(path, data) if self._cleaner else self._checked(path, data)
        except VaultError as error:
            # Git's stderr, and no command's.
            sys.stderr.write(_("Error: {message}").format(message=render(error.message, error.values)) + "\n")
            if error.hint:
                hint = render(error.hint, error.values)
                sys.stderr.write(_("Hint: {hint}").format(hint=hint) + "\n")
            sys.stderr.flush()
            raise Refused from error

    def close(self) -> None:
        """Remember what was sealed."""
        if "_keys" in vars(self):
            self._keys.close()

    @cached_property
    def _opening(self) -> Opening | None:
        return open_root(self._root, self._env) if (self._root / SETTINGS_NAME).is_file() else None

    @cached_property
    def _cleaner(self) -> Cleaner | None:
        """None where nobody knows what a note is: a branch of something else, broken settings."""
        try:
            opening = self._opening
        except VaultError:
            return None
        return Cleaner(lambda: self._keys, opening.settings, opening.schema) if opening else None

    @cached_property
    def _keys(self) -> VaultKeys:
        from vault_tool.sealing.vault_keys import VaultKeys

        assert self._opening is not None  # else there is no cleaner that would ask
        settings, _schema, places = self._opening
        return VaultKeys(self._root, settings, places.state, self._env, lambda _name: "")

    def _checked(self, path: str, data: bytes) -> bytes:
        """Return what holds nothing to seal, as its lines tell: git asks at a checkout, too."""
        line = plain_line(data.decode("utf-8", "replace"), self._known_keys)
        if line is not None:
            self._opening  # noqa: B018 - says what is wrong with the settings, if that is why
            raise NoVaultHere(path=path, line=line)
        return data

    @cached_property
    def _known_keys(self) -> frozenset[str]:
        git = git_folder(self._root)
        try:
            told = json.loads(((git or self._root) / "vault" / SEALED).read_text("utf-8"))
            return frozenset(told["keys"])
        except (OSError, ValueError, LookupError):
            return frozenset()


def serve_git() -> int:
    """Serve git on this process's streams, in the work tree's top; return the exit status."""
    messages.use(messages.choose_language(os.environ))
    git_filter = GitFilter(Path.cwd(), os.environ)
    try:
        # Python's own buffer holds 4 KiB of a pipe: a note would come in pieces, and each wakes a process.
        with os.fdopen(0, "rb", buffering=_AT_ONCE, closefd=False) as stdin:
            serve(stdin, sys.stdout.buffer, git_filter.clean)
    except NotGit:
        return 2
    finally:
        git_filter.close()
    return 0
