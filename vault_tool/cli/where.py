"""Where a note lies, as seen from where the person stands, and back."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_

if TYPE_CHECKING:
    from vault_tool.cli.app import App


class NotInVault(VaultError):
    """A path that was named lies outside the vault."""

    message = N_("{path} is not in the vault {root}.")
    hint = N_("`vault -C DIR lint` lints another vault.")
    exit_code = Exit.USAGE


def seen_from(cwd: Path, root: Path, path: PurePosixPath) -> str:
    """Return a path of the vault such that an editor, or `xargs`, finds it from this folder.

    Where folder and vault don't lie within each other, that is the full path.
    """
    full = root / path
    if full.is_relative_to(cwd):
        return full.relative_to(cwd).as_posix()
    return os.path.relpath(full, cwd) if cwd.is_relative_to(root) else str(full)


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def vault_path(app: App, name: str, *, must_exist: bool = True) -> PurePosixPath:
    """Return where something lies in the vault: a path from the working folder, or any customer's name.

    What is no path from the working folder may be one from the vault's, as findings name them.
    """
    given = app.cwd / Path(name).expanduser()
    is_inside = app.cwd.resolve().is_relative_to(app.root)
    if not is_inside and not _is_there(given) and (_is_there(app.root / name) or not must_exist):
        given = app.root / name
    if must_exist and not _is_there(given):
        from vault_tool.cli.pick import pick_customer

        return pick_customer(app, name).path
    # The folder's real path, as the root's is; a link at the end is the vault's business.
    real = given.parent.resolve() / given.name if given.name not in ("", "..") else given.resolve()
    try:
        return PurePosixPath(real.relative_to(app.root))
    except ValueError:
        raise NotInVault(path=name, root=app.root) from None
