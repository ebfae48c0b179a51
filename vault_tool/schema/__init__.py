"""What the words of a note mean: `schema/*.yaml` compiled once into one frozen object."""

from __future__ import annotations

from vault_tool.messages import Language
from vault_tool.schema.files import builtin_schema_dir
from vault_tool.schema.model import TOOL_PREFIX, Field, FieldType, Schema, Word, fold, joined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vault_tool.schema.build import load_schema
    from vault_tool.schema.export import json_schema
    from vault_tool.schema.problems import SchemaError

__all__ = [
    "TOOL_PREFIX",
    "Field",
    "FieldType",
    "Language",
    "Schema",
    "SchemaError",
    "Word",
    "builtin_schema_dir",
    "fold",
    "joined",
    "json_schema",
    "load_schema",
]

# A command that finds its schema compiled needs none of these.
_LATER = {"load_schema": "build", "json_schema": "export", "SchemaError": "problems"}


def __getattr__(name: str) -> object:
    """Import what only compiling takes when somebody asks for it."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
