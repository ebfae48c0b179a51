"""A founder with a sealed vault, and colleagues."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import VaultRun
from tests.sealing.team import Colleague, team_vault

Hire = Callable[[str], Colleague]


@pytest.fixture
def hire(tmp_path: Path, vault_run: VaultRun) -> Hire:
    """Give somebody a machine of their own, at work in the folder `vault`."""
    return lambda name: Colleague(name, tmp_path / "homes" / name, tmp_path / "vault", vault_run)


@pytest.fixture
def li(hire: Hire, tmp_path: Path) -> Colleague:
    """Li Na, who founded the vault and sealed what stood in it."""
    team_vault(tmp_path / "vault")
    person = hire("li.na")
    person.ok("seal")
    return person


@pytest.fixture
def zhang(hire: Hire) -> Colleague:
    """Zhang Wei, who has a machine and nothing else yet."""
    return hire("zhang.wei")
