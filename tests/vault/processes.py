"""Real processes for tests: one that ends as it is told to, one that is somebody else, one without room."""

from __future__ import annotations

import os
import pickle
import signal
import traceback
from collections.abc import Callable
from typing import Any

from vault_tool.errors import VaultError

NOBODY = 65534


def killed_at(step: int) -> Callable[[str], None]:
    """Return a hook that kills its process, by the signal no process can catch, at the step of this number."""
    passed = 0

    def hook(_name: str) -> None:
        nonlocal passed
        passed += 1
        if passed == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def in_child(work: Callable[[], Any], before: Callable[[], None] = lambda: None) -> Any:
    """Run some work in a process of its own; return its result, raise its exception.

    A child that was killed gives the signal's number, negative.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        try:
            before()
            outcome: tuple[str, Any] = ("result", work())
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent wants to know
            outcome = ("error", _carried(error))
        try:
            with os.fdopen(writer, "wb") as pipe:
                pipe.write(pickle.dumps(outcome))
        except BaseException:  # noqa: BLE001 - the parent sees an empty answer, and this
            traceback.print_exc()
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return -os.WTERMSIG(status)
    kind, value = pickle.loads(said)
    if kind == "error":
        kind_of_error, values = value
        raise kind_of_error(**values)
    return value


def _carried(error: BaseException) -> tuple[type[BaseException], dict[str, object]]:
    if isinstance(error, VaultError):
        return type(error), {name: str(value) for name, value in error.values.items()}
    traceback.print_exception(error)
    return type(error), {}


def as_nobody(work: Callable[[], Any]) -> Any:
    """Run some work as a user whom permissions bind, which root is not."""
    if os.geteuid() != 0:
        return work()

    def drop() -> None:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    return in_child(work, drop)
