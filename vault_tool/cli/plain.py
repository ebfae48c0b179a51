"""`vault search` with nothing but words, without click: that takes as long to load as a search takes."""

from __future__ import annotations

from collections.abc import Sequence

from vault_tool.cli.app import App
from vault_tool.watch.client import command_of


def answer(app: App, argv: Sequence[str]) -> int | None:
    """Search, and return the exit status; None when click must read the command line, and nothing is done."""
    given, words = _asked(argv)
    if not words:
        return None
    app.given = app.cwd / given if given else None
    app.look_ahead()
    from vault_tool.cli.searching import exit_of, find, show
    from vault_tool.search.query_errors import SealedField

    try:
        found = find(app, words)
    except SealedField:
        return None  # it is searched in another way
    show(app, found)
    return exit_of(found)


def _asked(argv: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return the vault that is named before `search` (or nothing), and the words behind it.

    No words: something else is asked, or there is anything that could be an option.
    """
    found = command_of(argv)
    if found is None:
        return "", ()
    given, (command, *words) = found
    before = list(argv[: -1 - len(words)])
    is_plain = before in ([], ["-C", given], [f"-C{given}"]) and bool(given or not before)
    if command != "search" or not is_plain or any(word.startswith("-") for word in words):
        return "", ()
    return given, words
