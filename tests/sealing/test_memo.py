"""The memo: the same value keeps its token on a machine, whatever happens to the memo."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
from pathlib import Path

import pytest

from tests.sealing.sealing import PUBLIC, VAULT
from vault_tool.sealing import age
from vault_tool.sealing.memo import MEMO_NAME, Memo, MemoUnusable
from vault_tool.sealing.token import Place, Token, Value, make_token, wrap
from vault_tool.sealing.vault_keys import new_vid

PLACE = Place(VAULT, "c1", "mobile")
KID = "0000000k"


def token(value: Value, place: Place = PLACE) -> Token:
    vid = new_vid(())
    return make_token(place, KID, vid, age.encrypt(wrap(place, KID, vid, value), [PUBLIC]))


def test_the_same_value_in_the_same_place_for_the_same_keys(tmp_path: Path):
    value = Value("138", "plain")
    memo = Memo(tmp_path / "state")
    made = token(value)
    memo.put(PLACE, KID, value, made)
    assert memo.get(PLACE, KID, value) == made
    memo.close()

    again = Memo(tmp_path / "state")
    assert again.get(PLACE, KID, value) == made
    for place, kid, other in (
        (PLACE._replace(customer="c2"), KID, value),
        (PLACE._replace(field="wechat"), KID, value),
        (PLACE._replace(vault="v2"), KID, value),
        (PLACE, "00000000", value),
        (PLACE, KID, Value("139", "plain")),
        (PLACE, KID, Value("138", "text")),
        (PLACE._replace(customer="c1m", field="obile"), KID, value),
    ):
        assert again.get(place, kid, other) is None
    again.close()


def test_it_holds_no_value_and_only_its_owner_reads_it(tmp_path: Path):
    before = os.umask(0)
    try:
        memo = Memo(tmp_path / "state")
        memo.put(PLACE, KID, Value("unique-canary-13800138000", "plain"), token(Value("x", "plain")))
        memo.close()
    finally:
        os.umask(before)
    for path in (tmp_path / "state").iterdir():
        assert b"canary" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize("damage", [b"", b"no database at all" * 100, None])
def test_a_damaged_memo_is_made_anew(tmp_path: Path, damage: bytes | None):
    memo = Memo(tmp_path / "state")
    for number in range(200):
        memo.put(PLACE, KID, Value(str(number), "plain"), token(Value("x", "plain")))
    memo.close()
    path = tmp_path / "state" / MEMO_NAME
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096) if damage is None else damage)

    memo = Memo(tmp_path / "state")
    value = Value("new", "plain")
    memo.put(PLACE, KID, value, made := token(value))
    memo.close()
    again = Memo(tmp_path / "state")
    assert again.get(PLACE, KID, value) == made
    again.close()


def test_a_memo_that_another_process_holds_is_not_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    value = Value("138", "plain")
    memo = Memo(tmp_path / "state")
    memo.put(PLACE, KID, value, made := token(value))
    memo.close()
    other = sqlite3.connect(tmp_path / "state" / MEMO_NAME, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *words, **options: connect(*words, **{**options, "timeout": 0})
    )

    with pytest.raises(MemoUnusable):
        Memo(tmp_path / "state")
    other.execute("ROLLBACK")
    other.close()

    again = Memo(tmp_path / "state")
    assert again.get(PLACE, KID, value) == made
    again.close()


def test_a_state_that_takes_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_words: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)

    with pytest.raises(MemoUnusable) as error:
        Memo(tmp_path / "state")
    assert "Permission denied" in str(error.value)


def test_a_state_where_the_memo_can_not_be_is_told(tmp_path: Path):
    state = tmp_path / "state"
    (state / MEMO_NAME).mkdir(parents=True)

    with pytest.raises(MemoUnusable):
        Memo(state)


def _seal_much(state: str, number: int) -> None:
    memo = Memo(Path(state))
    for each in range(150):
        value = Value(str(each), "plain")
        if memo.get(PLACE, KID, value) is None:
            memo.put(PLACE, KID, value, token(Value(str(number), "plain")))
        if each % 10 == 0:
            memo.flush()
    memo.close()


def test_processes_that_seal_at_once_end_with_one_token_per_value(tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_seal_much, args=(str(tmp_path / "state"), n)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    memo = Memo(tmp_path / "state")
    assert all(memo.get(PLACE, KID, Value(str(each), "plain")) for each in range(150))
    assert len(memo._names) == 150
    memo.close()
