"""`vault log`: ten seconds, one line of answer, nothing else touched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import VaultRun

NOTE = """---
编号: c3m8k2qa41
客户名称: 杭州蓝海贸易有限公司   # 全称
aliases: [蓝海]
类型: 企业客户
业务阶段: 潜在客户
负责人: 李娜
---

王总定价格。

## 2026-11-10 电话

谈价。
"""
SETTINGS = """version = 1
id = "v0000001"
language = "zh"

[people."li.na"]
name = "李娜"
[people."zhang.wei"]
name = "张伟"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = tmp_path / "库"
    (root / "customers").mkdir(parents=True)
    (root / "vault.toml").write_text(SETTINGS, encoding="utf-8")
    (root / "customers" / "蓝海.md").write_text(NOTE, encoding="utf-8")
    return root


def text(home: Path) -> str:
    return (home / "customers" / "蓝海.md").read_text(encoding="utf-8")


ME = {"VAULT_NOTES_USER": "li.na"}


def test_a_note_is_written_with_its_next_step_and_answered_in_one_line(
    vault_run: VaultRun, home: Path
) -> None:
    ran = vault_run(
        "log", "蓝海", "确认预算 **80万**", "-c", "电话", "--next", "周五 发新报价", cwd=home, env=ME
    )

    assert ran.status == 0
    assert len(ran.out.splitlines()) == 1
    assert "2026-11-27" in ran.out
    assert "vault undo" in ran.out
    expected = NOTE.replace("负责人: 李娜\n", "负责人: 李娜\n下次跟进: 2026-11-27 发新报价\n")
    expected = expected.replace("## 2026-11-10", "## 2026-11-23 电话\n\n确认预算 **80万**\n\n## 2026-11-10")
    assert text(home) == expected


def test_plain_words_need_no_quotes_and_text_comes_from_a_pipe(vault_run: VaultRun, home: Path) -> None:
    vault_run("log", "lanhai", "budget", "is", "confirmed", cwd=home, env=ME)
    vault_run("log", "lh", cwd=home, env=ME, stdin="第一行\n第二行\n")

    assert "\n\nbudget is confirmed\n\n" in text(home)
    assert "\n\n第一行\n第二行\n\n" in text(home)


def test_an_author_is_written_only_when_it_is_not_the_owner(vault_run: VaultRun, home: Path) -> None:
    vault_run("log", "蓝海", "我记", cwd=home, env=ME)
    vault_run("log", "蓝海", "他记", "--by", "张伟", cwd=home, env=ME)

    assert "## 2026-11-23\n\n我记" in text(home)
    assert "## 2026-11-23 @zhang.wei\n\n他记" in text(home)


def test_a_stage_is_set_and_recorded_in_the_entry(vault_run: VaultRun, home: Path) -> None:
    ran = vault_run(
        "log", "蓝海", "签了", "-k", "order", "-f", "amount=80000", "--stage", "won", cwd=home, env=ME
    )

    assert ran.status == 0, ran.err
    assert "业务阶段: 成交\n" in text(home)
    assert "## 2026-11-23 订单\n\n签了\n\n金额:: 80000 CNY\n阶段:: 成交\n" in text(home)


@pytest.mark.parametrize(
    ("day", "heading"),
    [
        ("昨天", "2026-11-22"),
        ("yesterday", "2026-11-22"),
        ("2026-11-20", "2026-11-20"),
        ("周五", "2026-11-20"),
    ],
)
def test_the_day_is_said_as_people_say_it(vault_run: VaultRun, home: Path, day: str, heading: str) -> None:
    vault_run("log", "蓝海", "拜访", "--date", day, "--at", "9:30", cwd=home, env=ME)

    assert f"## {heading} 09:30\n\n拜访" in text(home)


def test_a_new_customer_starts_with_its_first_entry_as_one_step(vault_run: VaultRun, home: Path) -> None:
    ran = vault_run("log", "北辰仓储", "展会上认识", "--new", cwd=home, env=ME)

    made = (home / "customers" / "北辰仓储.md").read_text(encoding="utf-8")
    assert ran.status == 0, ran.err
    assert "客户名称: 北辰仓储\n" in made
    assert "负责人: 李娜\n" in made
    assert made.endswith("## 2026-11-23\n\n展会上认识\n")
    assert vault_run("undo", cwd=home, env=ME).status == 0
    assert not (home / "customers" / "北辰仓储.md").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["没有这人", "x"], "没有这人"),
        (["蓝海", "x", "-c", "电花"], "电话"),
        (["蓝海", "x", "-k", "订弹"], "订单"),
        (["蓝海", "x", "--stage", "成教"], "成交"),
        (["蓝海", "x", "-f", "amout=1"], "金额"),
        (["蓝海", "x", "-f", "amount"], "amount"),
        (["蓝海", "x", "--next", "发报价"], "发报价"),
        (["蓝海", "x", "--date", "某天"], "某天"),
        (["蓝海", "x", "--at", "25:00"], "25:00"),
        (["蓝海", "x", "--by", "无名"], "无名"),
        (["蓝海"], "vault log"),
    ],
)
def test_what_cannot_be_meant_is_said_and_nothing_is_written(
    vault_run: VaultRun, home: Path, words: list[str], said: str
) -> None:
    ran = vault_run("log", *words, cwd=home, env={**ME, "VAULT_NOTES_LANG": "zh"})

    assert ran.status == 2
    assert said in ran.err
    assert ran.out == ""
    assert text(home) == NOTE


def test_a_dry_run_shows_the_difference_and_writes_nothing(vault_run: VaultRun, home: Path) -> None:
    ran = vault_run("log", "蓝海", "试试", "--dry-run", cwd=home, env=ME)

    assert "+试试" in ran.out
    assert text(home) == NOTE


def test_undo_gives_back_the_very_bytes(vault_run: VaultRun, home: Path) -> None:
    path = home / "customers" / "蓝海.md"
    before = "\ufeff" + NOTE.replace("\n", "\r\n").rstrip()
    path.write_bytes(before.encode())

    vault_run("log", "蓝海", "记一笔", "--next", "明天 回电", cwd=home, env=ME)
    changed = path.read_bytes()
    vault_run("undo", cwd=home, env=ME)

    assert changed != before.encode()
    assert b"\n" not in changed.replace(b"\r\n", b"")
    assert path.read_bytes() == before.encode()


def test_a_note_to_be_repaired_is_not_written(vault_run: VaultRun, home: Path) -> None:
    path = home / "customers" / "蓝海.md"
    broken = NOTE.replace("负责人: 李娜", "负责人：李娜")
    path.write_text(broken, encoding="utf-8")

    ran = vault_run("log", "蓝海", "x", "--next", "明天 y", cwd=home, env=ME)

    assert ran.status == 2
    assert path.read_text(encoding="utf-8") == broken


def test_two_writers_at_once_lose_no_entry(home: Path, tmp_path: Path) -> None:
    env = {"PATH": "/usr/bin:/bin", "VAULT_NOTES_HOME": str(tmp_path / "state"), **ME}
    script = (
        "import sys, subprocess\n"
        "for n in range(6):\n"
        "    subprocess.run([sys.executable, '-m', 'vault_tool', 'log', '蓝海', f'{sys.argv[1]}-{n}'], check=True)\n"
    )

    writers = [
        subprocess.Popen([sys.executable, "-c", script, name], cwd=home, env=env, stdout=subprocess.DEVNULL)
        for name in ("甲", "乙")
    ]
    statuses = [writer.wait(timeout=120) for writer in writers]

    assert statuses == [0, 0]
    for name in ("甲", "乙"):
        for number in range(6):
            assert text(home).count(f"\n{name}-{number}\n") == 1


def test_the_text_may_be_written_in_the_editor(vault_run: VaultRun, home: Path, tmp_path: Path) -> None:
    script = tmp_path / "ed.py"
    script.write_text(
        "import sys; open(sys.argv[1], 'w', encoding='utf-8').write('编辑器里写的\\n')", encoding="utf-8"
    )

    ran = vault_run("log", "蓝海", "-e", cwd=home, env={**ME, "EDITOR": f"'{sys.executable}' '{script}'"})

    assert ran.status == 0, ran.err
    assert "\n\n编辑器里写的\n\n" in text(home)


def test_an_editor_that_fails_after_saving_keeps_the_text(
    vault_run: VaultRun, home: Path, tmp_path: Path
) -> None:
    script = tmp_path / "ed.py"
    script.write_text(
        "import sys; open(sys.argv[1], 'w', encoding='utf-8').write('写了一半'); sys.exit(1)",
        encoding="utf-8",
    )

    ran = vault_run("log", "蓝海", "-e", cwd=home, env={**ME, "EDITOR": f"'{sys.executable}' '{script}'"})

    kept = Path(ran.err.split("is in ")[1].split(".md")[0] + ".md")
    assert ran.status == 2
    assert kept.read_text(encoding="utf-8") == "写了一半"
    assert text(home) == NOTE


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_text_of_old_programs_is_read_from_a_pipe(home: Path, tmp_path: Path, encoding: str) -> None:
    ran = piped(home, tmp_path, "老程序写的".encode(encoding))

    assert ran.returncode == 0, ran.stderr
    assert "\n\n老程序写的\n\n" in text(home)


def test_what_is_no_text_is_refused(home: Path, tmp_path: Path) -> None:
    ran = piped(home, tmp_path, b"a\0b")

    assert ran.returncode == 2
    assert b"NUL" in ran.stderr
    assert text(home) == NOTE


def piped(home: Path, tmp_path: Path, data: bytes) -> subprocess.CompletedProcess[bytes]:
    env = {"PATH": "/usr/bin:/bin", "VAULT_NOTES_HOME": str(tmp_path / "state"), **ME}
    command = [sys.executable, "-m", "vault_tool", "log", "蓝海"]
    return subprocess.run(command, cwd=home, env=env, input=data, capture_output=True, check=False)


def test_on_a_terminal_it_asks_and_a_slip_in_the_next_step_costs_nothing(home: Path, tmp_path: Path) -> None:
    pexpect = pytest.importorskip("pexpect")
    env = {
        "PATH": "/usr/bin:/bin",
        "VAULT_NOTES_HOME": str(tmp_path / "state"),
        "VAULT_NOTES_TODAY": "2026-11-23",
        "TERM": "dumb",
        **ME,
    }
    child = pexpect.spawn(
        sys.executable,
        ["-m", "vault_tool", "log", "蓝海"],
        cwd=str(home),
        env=env,
        encoding="utf-8",
        timeout=30,
    )

    child.expect("what happened")
    child.sendline("当面谈妥")
    child.expect("Next step")
    child.sendline("随便写写")
    child.expect("no day")
    child.expect("Next step")
    child.sendline("周五 签合同")
    child.expect(pexpect.EOF)
    child.close()

    assert child.exitstatus == 0
    assert "\n\n当面谈妥\n\n" in text(home)
    assert "下次跟进: 2026-11-27 签合同\n" in text(home)


@pytest.mark.parametrize("tag", ["a b", "a,b", "a#b", "#", "", "甲，乙"])
def test_a_tag_that_would_break_the_heading_is_refused(vault_run: VaultRun, home: Path, tag: str) -> None:
    ran = vault_run("log", "蓝海", "谈价", "-t", tag, cwd=home, env=ME)

    assert ran.status == 2
    assert "can't be a tag" in ran.err
    assert text(home) == NOTE


def test_a_day_to_come_is_written_with_a_warning(vault_run: VaultRun, home: Path) -> None:
    ahead = vault_run("log", "蓝海", "谈价", "--date", "2027-12-25", cwd=home, env=ME)
    # A colleague further east may live in tomorrow.
    tomorrow = vault_run("log", "蓝海", "谈价", "--date", "2026-11-24", cwd=home, env=ME)

    assert (ahead.status, tomorrow.status) == (0, 0)
    assert "still to come" in ahead.err
    assert "Warning" not in tomorrow.err
    assert "## 2027-12-25" in text(home)


@pytest.mark.parametrize("field", ["金额=多", "评分=好"])
def test_a_value_of_the_wrong_form_is_refused(vault_run: VaultRun, home: Path, field: str) -> None:
    ran = vault_run("log", "蓝海", "谈价", "-f", field, cwd=home, env=ME)

    assert ran.status == 2
    assert field.partition("=")[2] in ran.err
    assert text(home) == NOTE


def test_a_note_without_front_matter_gets_one_block_for_stage_and_next_step(
    vault_run: VaultRun, home: Path
) -> None:
    (home / "customers" / "散.md").write_text("一些话\n", encoding="utf-8")

    ran = vault_run("log", "散", "来电", "-s", "won", "-n", "2026-12-01 回电", cwd=home, env=ME)

    assert ran.status == 0, ran.err
    written = (home / "customers" / "散.md").read_text(encoding="utf-8")
    assert written.startswith("---\n业务阶段: 成交\n下次跟进: 2026-12-01 回电\n---\n一些话\n")
