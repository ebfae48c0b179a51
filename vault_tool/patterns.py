"""Regular expressions that are compiled when first used: a run needs few, and each may take milliseconds."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, AnyStr


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return what `re.compile` would, made when it is first asked for anything."""
    later: Any = _Later(text, flags)
    return later  # type: ignore[no-any-return]


class _Later:
    """Stands in for a pattern; once compiled, its methods are the pattern's own."""

    def __init__(self, text: Any, flags: int) -> None:
        self._made_of = text, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(*self._made_of), name)
        setattr(self, name, found)
        return found
