"""What the pages tell a person to type: it exists, in both languages, and the emergency steps open everything."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from vault_tool.cli.root import vault

ROOT = Path(__file__).parent.parent
PAGES = (
    ("README.md", "README.zh-CN.md"),
    ("docs/checking.md", "docs/checking.zh-CN.md"),
    ("docs/sealing.md", "docs/sealing.zh-CN.md"),
    ("docs/sharing.md", "docs/sharing.zh-CN.md"),
    ("docs/backup.md", "docs/backup.zh-CN.md"),
)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


class Block(NamedTuple):
    """A fenced block of a page."""

    language: str
    text: str


def blocks(page: str) -> list[Block]:
    return [Block(*found) for found in _FENCE.findall((ROOT / page).read_text("utf-8"))]


def commands(page: str) -> Iterator[list[str]]:
    """Yield the words of each `vault` that a page would have one run, without its comment."""
    for block in blocks(page):
        for line in block.text.splitlines():
            if block.language == "console" and line.startswith("$ "):
                for said in re.split(r"\s(?:&&|\|)\s", line[2:]):
                    words = shlex.split(said, comments=True)
                    if words[:1] == ["vault"]:
                        yield words[1:]


@pytest.mark.parametrize("page", [page for pair in PAGES for page in pair])
def test_every_command_and_option_of_a_page_exists(page: str):
    seen = 0
    for words in commands(page):
        command: click.Command = vault
        context = click.Context(vault, info_name="vault")
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            name = words.pop(0)
            found = command.get_command(context, name)
            assert found is not None, f"{page}: vault has no {name}"
            command = found
        known = {option for each in command.get_params(click.Context(command)) for option in each.opts}
        for word in words:
            if re.match(r"--?[a-z]", word):
                assert word.partition("=")[0] in known, f"{page}: {command.name} has no {word}"
        seen += 1
    assert seen


@pytest.mark.parametrize(("english", "chinese"), PAGES)
def test_both_languages_have_the_same_blocks(english: str, chinese: str):
    assert [each.language for each in blocks(english)] == [each.language for each in blocks(chinese)]
    for one, other in zip(blocks(english), blocks(chinese), strict=True):
        assert one.text.count("\n") == other.text.count("\n"), f"{english}:\n{one.text}\n{other.text}"


@pytest.mark.parametrize("page", [page for pair in PAGES for page in pair])
def test_links_lead_to_files(page: str):
    text = (ROOT / page).read_text("utf-8")
    for target in _LINK.findall(text):
        assert (ROOT / page).parent.joinpath(target).exists(), f"{page}: {target}"


@pytest.mark.skipif(shutil.which("age") is None, reason="the emergency steps need the age program")
@pytest.mark.parametrize("page", PAGES[2])
def test_the_emergency_steps_open_every_value_of_the_example(page: str, tmp_path: Path):
    shutil.copytree(ROOT / "example_vault", tmp_path / "example_vault")
    [steps] = [each.text for each in blocks(page) if "age -d" in each.text]

    ran = subprocess.run(
        ["sh", "-eu", "-c", steps.replace("/tmp/", f"{tmp_path}/")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    values = re.findall(r'"field":"(\w+)".*?"val":"(.*?)"', ran.stdout)
    assert ("mobile", "13900001975") in values
    assert {field for field, _value in values} == {"mobile", "id_number", "contract_amount", "text"}
    assert len(values) == 1 + 5  # the third step's, then all
    assert not (tmp_path / "group-keys.txt").exists()
