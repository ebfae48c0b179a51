"""What a build adds: compiled message catalogues, and in the wheel the schema and the example vault."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def compile_catalogues(root: Path) -> list[Path]:
    """Bring the `.mo` beside every `.po` under the package up to date; return what was written."""
    written = []
    for po in sorted((root / "vault_tool" / "locale").glob("*/LC_MESSAGES/*.po")):
        with po.open("rb") as source:
            catalogue = read_po(source)
        compiled = BytesIO()
        write_mo(compiled, catalogue)
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.read_bytes() != compiled.getvalue():
            # Another process may be reading it: it finds the old one or the new one.
            unfinished = mo.with_name(f"{mo.name}.{os.getpid()}")
            unfinished.write_bytes(compiled.getvalue())
            unfinished.replace(mo)
            written.append(mo)
        else:
            mo.touch()
    return written


# In a checkout these stand at the root; one locator for each finds them in either place.
IN_THE_WHEEL = {"schema": "vault_tool/_schema", "example_vault": "vault_tool/_example"}


class BuildHook(BuildHookInterface[Any]):
    """Hatchling calls this for the wheel (`standard`) and for an install in place (`editable`)."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and include; an editable install must not copy what would then grow stale."""
        compile_catalogues(Path(self.root))
        if version == "standard":
            build_data["force_include"].update(
                {str(Path(self.root, source)): target for source, target in IN_THE_WHEEL.items()}
            )


if __name__ == "__main__":
    compile_catalogues(Path(__file__).parent)
