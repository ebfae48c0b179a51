"""What the words of a note mean: `schema/*.yaml` compiled once into one frozen object."""

from __future__ import annotations

from vault_tool.messages import Language
from vault_tool.schema.build import builtin_schema_dir, load_schema
from vault_tool.schema.export import json_schema
from vault_tool.schema.model import TOOL_PREFIX, Field, FieldType, Schema, Word, fold
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
    "json_schema",
    "load_schema",
]
