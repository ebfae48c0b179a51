"""What `vault lint` prints in each format and both languages, by files that a person can read.

`make golden` writes them anew (VAULT_GOLDEN=1); read the diff like code.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.vaults import make_vault
from tests.conftest import VaultRun
from vault_tool import __version__
from vault_tool.cli.main import run
from vault_tool.cli.width import width

CASES = Path(__file__).parents[1] / "cases"
EXPECTED = CASES / "report"
FORMATS = ("text", "concise", "json", "github", "sarif", "statistics")
LANGUAGES = ("en", "zh")
SCHEMA = json.loads((CASES / "sarif" / "sarif-2.1.0-rtm.5.json").read_text("utf-8"))
SECRET = "13800000000"
# Whose folder is of no account, but a colon and a comma in a name are.
NOTE = "---\nid: {id}\nname: {name}\ntype: person\nstage: lead\nowner: li.na\n{front}---\n{body}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXPECTED / "vault", tmp_path / "vault"))


def same(name: str, content: str) -> bool:
    """Compare with a golden file; with VAULT_GOLDEN write it."""
    path = EXPECTED / name
    if os.environ.get("VAULT_GOLDEN"):
        path.write_bytes(content.encode())
    return path.read_bytes().decode() == content


def words(form: str) -> list[str]:
    return ["lint", "--statistics"] if form == "statistics" else ["lint", "--format", form]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", FORMATS)
def test_each_format_says_this_in_each_language(vault_run: VaultRun, root: Path, form: str, language: str):
    ran = vault_run(*words(form), cwd=root, env={"VAULT_NOTES_LANG": language})

    assert ran.status == 1
    assert same(f"{form}.{language}.txt", ran.out.replace(__version__, "VERSION"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_a_terminal_it_looks_like_this(
    root: Path, clean_env: dict[str, str], monkeypatch: pytest.MonkeyPatch, language: str
):
    env = {"VAULT_NOTES_LANG": language, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "72"}
    out = on_a_terminal(["lint"], {**clean_env, **env}, root, monkeypatch)

    assert same(f"terminal.{language}.txt", out)
    assert all(width(line) <= 120 for line in out.splitlines())


def on_a_terminal(argv: list[str], env: dict[str, str], cwd: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return both streams of a run whose outputs are terminals."""

    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    stream = Terminal(io.BytesIO(), encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        patch.setattr(sys, "stderr", stream)
        run(argv, env, cwd)
    stream.flush()
    return stream.buffer.getvalue().decode()  # type: ignore[attr-defined, no-any-return]


def test_statistics_line_up_under_chinese(
    root: Path, clean_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    env = {**clean_env, "VAULT_NOTES_LANG": "zh", "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "72"}
    out = on_a_terminal(["lint", "--statistics"], env, root, monkeypatch)

    assert same("statistics-terminal.zh.txt", out)


def test_colour_is_shown_when_forced_and_not_when_refused(vault_run: VaultRun, root: Path):
    forced = vault_run("lint", cwd=root, env={"FORCE_COLOR": "1"})
    refused = vault_run("lint", cwd=root, env={"FORCE_COLOR": "1", "NO_COLOR": "1"})

    assert "\x1b[" in forced.out and "\x1b[" not in refused.out
    assert re.sub(r"\x1b\[[0-9;]*m", "", forced.out) == refused.out


# --- github


def test_a_workflow_command_escapes_what_would_end_it(vault_run: VaultRun, tmp_path: Path):
    note = NOTE.format(id="c1", name="a", front='"50%: a,\\nb": x\n', body="")
    root = make_vault(tmp_path / "repo" / "our vault", {"a:b,c%.md": note})
    (tmp_path / "repo" / ".git").mkdir()

    out = vault_run("lint", "--format", "github", "--select", "FM005", cwd=root).out

    assert out == (
        "::warning file=our vault/customers/a%3Ab%2Cc%25.md,line=7,endLine=7,col=1,endColumn=13,"
        "title=FM005 unknown-field::Unknown field `50%25: a,%0Ab`\n"
    )


# --- sarif


def sarif(vault_run: VaultRun, root: Path, *words: str) -> Any:
    log = vault_run("lint", "--format", "sarif", *words, cwd=root).json
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    [only] = log["runs"]
    return only


def test_the_public_schema_refuses_what_is_no_sarif():
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(SCHEMA).validate({"version": "2.1.0", "runs": [{"results": []}]})


@pytest.mark.parametrize("words", [(), ("--select", "all"), ("--as-of", "2026-11-01")])
def test_sarif_is_valid_by_the_public_schema(vault_run: VaultRun, root: Path, words: tuple[str, ...]):
    log = sarif(vault_run, root, *words)

    for result in log["results"]:
        rule = log["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]


def test_sarif_brings_the_manual_in_both_languages(vault_run: VaultRun, root: Path):
    english = sarif(vault_run, root)["tool"]["driver"]["rules"]
    chinese = vault_run("lint", "--format", "sarif", cwd=root, env={"VAULT_NOTES_LANG": "zh"}).json
    chinese = chinese["runs"][0]["tool"]["driver"]["rules"]

    for one, other in zip(english, chinese, strict=True):
        assert one["help"]["text"] in other["help"]["markdown"]
        assert other["help"]["text"] in one["help"]["markdown"]
        assert one["help"]["text"] != other["help"]["text"]


def test_sarif_names_files_from_the_repositorys_folder(vault_run: VaultRun, root: Path):
    (root.parent / ".git").mkdir()

    [place] = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in sarif(vault_run, root, "customers/蓝海, 贸易.md")["results"]
    }

    assert place == "vault/customers/%E8%93%9D%E6%B5%B7%2C%20%E8%B4%B8%E6%98%93.md"


def test_sarifs_fixes_make_of_a_note_what_fix_makes_of_it(vault_run: VaultRun, root: Path):
    path = root / "customers/蓝海, 贸易.md"
    text = path.read_text("utf-8")
    results = sarif(vault_run, root, str(path))["results"]
    assert vault_run("lint", "--fix", str(path), cwd=root).status == 1

    replacements = [
        replacement
        for result in results
        for fix in result.get("fixes", ())
        for change in fix["artifactChanges"]
        for replacement in change["replacements"]
    ]
    for each in sorted(replacements, key=lambda each: -each["deletedRegion"]["charOffset"]):
        start = each["deletedRegion"]["charOffset"]
        end = start + each["deletedRegion"]["charLength"]
        text = text[:start] + each["insertedContent"]["text"] + text[end:]

    assert len(replacements) >= 3
    assert path.read_text("utf-8") == text


def test_sarif_marks_what_the_baseline_knows_and_drops_nothing(vault_run: VaultRun, root: Path):
    baseline = str(root / "lint-baseline.txt")
    before = sarif(vault_run, root)["results"]
    vault_run("lint", "--write-baseline", baseline, cwd=root)
    with (root / "customers/好.md").open("a", encoding="utf-8") as file:
        file.write("\n2023年1月15日 – 咨询\n")

    after = sarif(vault_run, root, "--baseline", baseline)["results"]

    assert all("baselineState" not in result for result in before)
    states = [(result["ruleId"], result.pop("baselineState")) for result in after]
    assert [code for code, state in states if state == "new"] == ["EN008"]
    assert [result for result in after if result in before] == before


def test_no_format_shows_a_sealed_value_not_even_in_a_fix(vault_run: VaultRun, tmp_path: Path):
    front = f"手机：{SECRET}\nbank_account: 0{SECRET} #1\nmobile: @{SECRET}\n"
    root = make_vault(tmp_path / "v", {"a.md": NOTE.format(id="c1", name="a", front=front, body="")})

    for form in ("text", "concise", "json", "github", "sarif"):
        ran = vault_run("lint", "--format", form, "--select", "FM", cwd=root)
        assert "FM004" in ran.out
        assert SECRET not in ran.out + ran.err


@pytest.mark.parametrize("secret", ["13812345678", "vq8-Hunter", "11010519491231002X"])
def test_no_format_and_no_file_shows_what_a_privacy_rule_found(
    vault_run: VaultRun, tmp_path: Path, clean_env: dict[str, str], secret: str
):
    cue = "密码：" if secret.startswith("v") else "身份证" if secret.endswith("X") else "电话"
    body = f"\n2023年1月15日 – {cue}{secret}，请核对\n\n## 2026-02-30 {cue}{secret}\n\n{cue}{secret}\n"
    root = make_vault(tmp_path / "v", {"a.md": NOTE.format(id="c1", name="a", front="", body=body)})
    baseline = str(root / "lint-baseline.txt")
    words = ("--select", "all", "--include-privacy")

    for form in FORMATS:
        for options in (("--write-baseline", baseline), ("--baseline", baseline), ()):
            ran = vault_run(
                "lint", *words, *options, "--format", "text" if form == "statistics" else form, cwd=root
            )
            shown = re.sub(r"(?s)\"rules\": \[.*?\n          \]", "", ran.out)  # manuals have examples
            assert secret not in shown + ran.err
    assert "EN008" in ran.out and "EN002" in ran.out
    kept = [
        Path(baseline),
        *(path for path in Path(clean_env["VAULT_NOTES_HOME"]).rglob("*") if path.is_file()),
    ]
    for path in kept:
        assert secret.encode() not in path.read_bytes(), path
