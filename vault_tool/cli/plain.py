"""What is asked all day, without click: that takes as long to load as the answer takes.

It is `vault search` with nothing but words, and `vault sync` with nothing at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from vault_tool.cli.app import App
from vault_tool.errors import VaultError
from vault_tool.git.folder import FOLDER, own_folder
from vault_tool.watch.client import command_of


def answer(app: App, argv: Sequence[str]) -> int | None:
    """Do it, and return the exit status; None when click must read the command line, and nothing is done."""
    given, command, words = _asked(argv)
    does = {"search": _search, "sync": _sync}.get(command)
    if does is None or bool(words) != (command == "search"):
        return None
    app.given = app.cwd / given if given else None
    return does(app, words)


def _search(app: App, words: Sequence[str]) -> int | None:
    app.look_ahead()
    from vault_tool.cli.searching import exit_of, find, show
    from vault_tool.search.query_errors import SealedField

    try:
        found = find(app, words)
    except SealedField:
        return None  # it is searched in another way
    show(app, found)
    return exit_of(found)


def _sync(app: App, _words: Sequence[str]) -> int:
    ahead = None
    # What is wrong, the command itself will tell.
    with suppress(VaultError):
        settings = app.opening.settings
        if own := own_folder(app.root):
            from vault_tool.sync.carried import look_ahead

            ahead = look_ahead(app.root, settings, own / FOLDER)
    from vault_tool.cli.syncing import sync, tell

    outcome = sync(app, ahead)
    tell(app, outcome)
    return outcome.exit_code


def _asked(argv: Sequence[str]) -> tuple[str, str, Sequence[str]]:
    """Return the vault that is named before the command (or nothing), the command, and the words behind it.

    No command: there is none, or anything that could be an option.
    """
    found = command_of(argv)
    if found is None:
        return "", "", ()
    given, (command, *words) = found
    before = list(argv[: -1 - len(words)])
    is_plain = before in ([], ["-C", given], [f"-C{given}"]) and bool(given or not before)
    if not is_plain or any(word.startswith("-") for word in words):
        return "", "", ()
    return given, command, words
