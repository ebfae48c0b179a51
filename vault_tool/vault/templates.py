"""What `vault new` starts from: the vault's own `templates/<type>.md`, else the built-in one."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from vault_tool.schema import builtin_schema_dir
from vault_tool.vault import files

FOLDER = PurePosixPath("templates")


def template_text(root: Path, customer_type: str) -> str:
    """Return the template of a customer type (canonical name); a type that has none starts empty."""
    name = f"{customer_type}.md"
    own = FOLDER / name
    if (root / own).is_file():
        return files.read(root, own).data.decode("utf-8", "replace")
    built_in = builtin_schema_dir() / FOLDER / name
    return built_in.read_text(encoding="utf-8") if built_in.is_file() else ""
