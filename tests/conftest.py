"""What every test may lean on: a run of the program in this process, far from the user's own folders."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, settings

from vault_tool import messages
from vault_tool.cli.main import lend_messages_to_click, run

# Before any test imports click.
lend_messages_to_click()

# Machines differ and tests share them: a slow example is no failure.
settings.register_profile(
    "quick", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=30
)
# For `make soak`; a test that names a number of its own keeps it, and is run over and over there.
settings.register_profile("soak", parent=settings.get_profile("quick"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

TODAY = "2026-11-23"


def pytest_xdist_auto_num_workers() -> int:
    """Run one worker more than there are processors: a third of the time tests wait for disks and clocks."""
    return (os.cpu_count() or 1) + 1


@dataclass(frozen=True)
class Ran:
    """What one run of the program left."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The error in the JSON document on stderr."""
        return json.loads(self.err)["error"]


class VaultRun(Protocol):
    """Runs `vault` with these words."""

    def __call__(
        self, *argv: str, cwd: Path | None = None, env: Mapping[str, str] | None = None, stdin: str = ""
    ) -> Ran:
        """Return what the run left."""
        ...


@pytest.fixture
def clean_env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment of nobody's: a home of its own, a pinned day, English."""
    home = tmp_path_factory.mktemp("home")
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(home),
        "USERPROFILE": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "VAULT_NOTES_HOME": str(home / "vault-notes"),
        "VAULT_NOTES_TODAY": TODAY,
        "VAULT_NOTES_LANG": "en",
    }


@pytest.fixture
def vault_run(clean_env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VaultRun:
    """Run `vault` in this process, with no terminal; `env` adds to the clean environment."""

    def run_it(
        *argv: str, cwd: Path | None = None, env: Mapping[str, str] | None = None, stdin: str = ""
    ) -> Ran:
        streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _stream in range(3)]
        given, out, err = streams
        given.write(stdin)
        given.seek(0)
        with monkeypatch.context() as patch:
            for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
                patch.setattr(sys, name, stream)
            status = run([str(word) for word in argv], {**clean_env, **(env or {})}, cwd or tmp_path)
        texts = []
        for stream in (out, err):
            stream.flush()
            buffer = stream.buffer
            assert isinstance(buffer, io.BytesIO)
            texts.append(buffer.getvalue().decode("utf-8"))
        return Ran(int(status), *texts)

    return run_it


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Whatever a test's run chose, the next test starts in English."""
    messages.use("en")
    yield
    messages.use("en")
