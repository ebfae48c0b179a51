"""Progress of work whose size becomes known while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from vault_tool.cli.output import Output


@contextmanager
def shown(out: Output, label: str) -> Iterator[Callable[[int, int], None]]:
    """Lend a callback (done, total) that shows a bar on a terminal once the work takes long."""
    with ExitStack() as stack:
        advance: Callable[[int], None] | None = None

        def progress(done: int, total: int) -> None:
            nonlocal advance
            if advance is None:
                advance = stack.enter_context(out.progress(label, total))
            advance(done)

        yield progress
