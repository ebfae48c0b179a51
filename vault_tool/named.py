"""Named tuples that cost an eighth as much to make: a run makes a hundred such classes before all else."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from collections import _tuplegetter

    class _Named(tuple):
        """What `collections.namedtuple` gives to each class anew."""

        __slots__ = ()

        @classmethod
        def _make(cls, values):
            made = tuple.__new__(cls, values)
            if len(made) != len(cls._fields):
                raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
            return made

        def _replace(self, /, **changed):
            made = self._make(map(changed.pop, self._fields, self))
            if changed:
                raise ValueError(f"Got unexpected field names: {list(changed)!r}")
            return made

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):
            values = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
            return f"{type(self).__name__}({values})"

        def __getnewargs__(self):
            return tuple(self)

    class _Making(type):
        def __new__(mcs, name, bases, namespace):
            if not bases:
                return super().__new__(mcs, name, bases, namespace)
            fields = tuple(namespace.get("__annotations__", ()))
            defaults = {field: namespace[field] for field in fields if field in namespace}

            def first(cls, /, *values, **named):
                # Compiled for the first instance: most classes have none in a run.
                listed = "".join(f"{field}, " for field in fields)
                code = f"lambda _cls, {listed[:-2]}: _new(_cls, ({listed}))"
                compiled = eval(code, {"_new": tuple.__new__, "__builtins__": {}})
                compiled.__name__, compiled.__defaults__ = "__new__", tuple(defaults.values())
                made.__new__ = staticmethod(compiled)
                return compiled(cls, *values, **named)

            namespace.update({field: _tuplegetter(index, "") for index, field in enumerate(fields)})
            namespace.update(__slots__=(), __new__=first, _fields=fields, __match_args__=fields)
            namespace["_field_defaults"] = defaults
            made = type(name, (_Named,), namespace)
            return made

    class NamedTuple(metaclass=_Making):
        """`typing.NamedTuple`, but that it leaves annotations as they are written, and compiles what is used.

        That one compiles each annotation, and `collections.namedtuple` a way to make instances of each class.
        """
