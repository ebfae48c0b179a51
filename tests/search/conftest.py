"""What the tests of search share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.search.vaults import close_all


@pytest.fixture(autouse=True)
def closed_vaults() -> Iterator[None]:
    """No test leaves a catalog open."""
    yield
    close_all()
