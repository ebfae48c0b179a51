"""What the READMEs and the demonstration say is what the program does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reference import READMES, ROOT, with_reference
from vault_tool.messages import Language


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_reference_is_what_the_program_says_of_itself(language: Language) -> None:
    text = READMES[language].read_text(encoding="utf-8")

    assert with_reference(text, language) == text, "stale: run `make golden`"


@pytest.mark.skipif(shutil.which("sh") is None, reason="the demonstration is a shell script")
def test_the_demonstration_does_what_it_shows() -> None:
    scripts = Path(sys.executable).parent
    env = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "VAULT_NOTES_LANG": "zh"}

    ran = subprocess.run(
        ["sh", str(ROOT / "tests" / "demo.sh")], env=env, capture_output=True, encoding="utf-8", check=False
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "identical to what was pasted" in ran.stdout
