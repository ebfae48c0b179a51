"""Named tuples that cost half as much to make: a run makes a hundred such classes before it does anything."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    # What the class statement itself puts there.
    _OF_THE_STATEMENT = frozenset(("__module__", "__qualname__", "__annotations__"))

    class _Making(type):
        def __new__(mcs, name, bases, namespace):
            if not bases:
                return super().__new__(mcs, name, bases, namespace)
            annotations = namespace.get("__annotations__", {})
            defaults = [namespace.pop(field) for field in annotations if field in namespace]
            made = collections.namedtuple(
                name, annotations, defaults=defaults, module=namespace["__module__"]
            )
            made.__annotations__ = annotations
            for key, value in namespace.items():
                if key not in _OF_THE_STATEMENT:
                    setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_Making):
        """`typing.NamedTuple`, but that it leaves the annotations as they are written.

        That one compiles each of them, which takes as long as all the rest.
        """
