"""What the tests of search share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.search.vaults import ENGINES, chosen_engine, close_all


@pytest.fixture(autouse=True)
def closed_vaults() -> Iterator[None]:
    """No test leaves a catalog open."""
    yield
    close_all()


@pytest.fixture(params=ENGINES)
def each_engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """The test runs once with each engine."""
    before = chosen_engine.set(request.param)
    yield request.param
    chosen_engine.reset(before)
