"""Where the schema's own files lie."""

from __future__ import annotations

from pathlib import Path

SECTIONS = {
    "fields.yaml": ("front_matter", "inline"),
    "vocabulary.yaml": ("vocabularies", "units"),
    "phrases.yaml": ("phrases",),
}
"""The files of a schema folder, and what may stand in each."""

LARGEST_FILE = 250_000


def builtin_schema_dir() -> Path:
    """Return the folder of the program's own schema.

    A wheel carries `schema/` inside the package, as `_schema`: site-packages has no room beside it. An
    editable install and a checkout have it beside the package, where people look for it. This is the
    only place that knows, so that both behave alike.
    """
    package = Path(__file__).parent.parent
    packaged = package / "_schema"
    return packaged if packaged.is_dir() else package.parent / "schema"
