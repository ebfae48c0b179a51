"""The commands as the watcher's warm process runs them: the same, with less to load."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from vault_tool import messages
from vault_tool.cli.main import lend_messages_to_click, run
from vault_tool.errors import VaultError
from vault_tool.named import NamedTuple
from vault_tool.schema import Schema
from vault_tool.search.engine import open_engine
from vault_tool.vault.opening import Opening, open_root, sources
from vault_tool.vault.places import places_for
from vault_tool.vault.settings import Settings
from vault_tool.watch.worker import Question

# What the lent commands load when they first need it; a test sees that nothing is missing.
_MODULES = (
    "vault_tool.cli.root",
    "vault_tool.cli.plain",
    "vault_tool.cli.search",
    "vault_tool.cli.searching",
    "vault_tool.cli.list",
    "vault_tool.cli.show",
    "vault_tool.cli.tab",
    "vault_tool.cli.failure",
    "click.shell_completion",
    "shlex",
    "vault_tool.search.search",
    "vault_tool.search.documents",
    "vault_tool.search.nearest",
    "vault_tool.search.ranges",
    "vault_tool.cli.hits",
    "vault_tool.cli.guard",
    "vault_tool.vault.resolve",
    "vault_tool.vault.names",
    "vault_tool.search.words",
    "difflib",
    "hashlib",
)


class Held(NamedTuple):
    """What a run in the warm process need not load, and what it may ask the watcher."""

    root: Path
    settings: Settings
    schema: Schema
    in_sync: Callable[[], str]
    before: str
    """What the watcher had said when the settings were loaded: it may not know of them yet."""

    def opening(self, env: Mapping[str, str]) -> Opening:
        """Return what was loaded, and the places that this run's environment names."""
        return Opening(self.settings, self.schema, places_for(self.root, self.settings.id, env))

    def is_in_sync(self, generation: str) -> bool:
        """Tell whether this catalog holds all that the watcher knows of, read as it is to be read now."""
        said = self.in_sync()
        return said != self.before and said.partition(" ")[2] == generation


class Lender:
    """The commands of one vault, held ready; a `watch.worker.Run`."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._read: tuple[bytes | None, ...] | None = None
        self._loaded: tuple[Settings, Schema] | None = None
        self._before = ""

    def warm(self) -> None:
        """Load what every run needs."""
        lend_messages_to_click()
        for module in _MODULES:
            import_module(module)
        messages.use("zh")
        messages._(" ")

    def renew(self, said: str) -> bool:
        """Load the settings and the schema when their files say something new, and tell whether they do.

        Broken ones are not held: whoever runs a command is told of them by the command.
        """
        read = sources(self._root, os.environ)
        if read and read == self._read:
            return False
        # At first it has read the same: it has looked out for changes since before we were there.
        self._before = "" if self._read is None else said
        self._read = read
        before, self._loaded = self._loaded, None
        with suppress(VaultError):
            self._loaded = open_root(self._root, os.environ)[:2]
            # For what it imports.
            open_engine(self._loaded[0].search.engine, None).close()
        return before is not None or self._loaded is not None

    def __call__(self, question: Question, in_sync: Callable[[], str]) -> int:
        """Run a command on the process's streams, and return its exit status."""
        held = Held(self._root, *self._loaded, in_sync, self._before) if self._loaded else None
        return run(question.argv, question.env, question.cwd, question.prog, held)
