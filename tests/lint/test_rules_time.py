"""What the rules on reviews, next steps and silence find, and whom they leave in peace."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import PurePosixPath

import pytest

from tests.lint.linting import SCHEMA, TODAY, check, checker
from vault_tool.notes.note import parse_note


def customer(*fields: str, body: str = "", stage: str = "proposal") -> str:
    return "\n".join(
        [
            "---",
            "id: a",
            "name: Acme",
            "type: person",
            f"stage: {stage}",
            "owner: c",
            *fields,
            "---",
            "",
            body,
        ]
    )


def told(text: str, path: str = "customers/acme.md", today: date = TODAY) -> list[str]:
    note = parse_note(PurePosixPath(path), text, SCHEMA)
    return [finding.code for finding in checker("TM", today=today).check(note)]


@pytest.mark.parametrize(
    "text",
    [
        customer("next: 2026-12-01"),
        customer("next: 2026-11-23 today"),
        customer("reviewed: 2026-01-01", "next: 2026-01-01", "importance: vip", stage="lost"),
        customer(body="## 2020-01-01\n\nx\n", stage="churned"),
        customer("reviewed: soon", "next: whenever", "importance: vip"),
        customer("next: sealed-7q2m9xk4", "reviewed: sealed-7q2m9xk4"),
        customer("importance: normal", body="## 2026-10-01\n\nx\n", stage="active"),
        customer("importance: normal", "created: 2020-01-01", "next: 2026-12-01", stage="active"),
        customer("created: 2026-11-20", "importance: vip", stage="lead"),
        customer(stage="lead"),
        customer(stage="unknown", body="## 2026-11-01\n\nx\n"),
        "## 2020-01-01\n\nx\n",
        "---\nstage: [proposal\nnext: 2020-01-01\n---\n",
        "",
    ],
)
def test_who_is_looked_after_or_gone_or_unreadable_is_no_finding(text: str) -> None:
    assert told(text) == []


OVERDUE = customer("next: 2026-01-01", "reviewed: 2025-01-01", "importance: vip", body="## 2025-01-01\n\nx\n")


def test_who_was_put_away_is_left_in_peace() -> None:
    assert sorted(told(OVERDUE)) == ["TM001", "TM002"]
    assert told(OVERDUE, "archive/acme.md") == []
    assert told(OVERDUE, "archive/2025/acme.md") == []
    assert told(OVERDUE, "customers/archive/acme.md") != []


@pytest.mark.parametrize(
    ("fields", "days"),
    [
        (("importance: vip",), 90),
        (("importance: B类",), 90),
        (("importance: normal",), 180),
        ((), 180),
        (("importance: vip", "review_every: 30"), 30),
    ],
)
def test_a_review_is_due_by_importance_or_by_the_customers_own_days(
    fields: tuple[str, ...], days: int
) -> None:
    text = customer("next: 2030-01-01", "reviewed: 2026-01-01", *fields)
    last = date(2026, 1, 1) + timedelta(days=days)

    assert told(text, today=last) == []
    assert told(text, today=last + timedelta(days=1)) == ["TM001"]


def test_the_last_contact_is_the_newest_entry_whatever_the_order() -> None:
    body = "## 2026-01-01\n\nx\n\n## 2026年11月20日\n\nx\n\n## 2025-01-01\n\nx\n\n## 2027-01-01\n\nx\n"

    assert told(customer(body=body)) == []
    assert told(customer(body=body), today=date(2026, 11, 28)) == ["TM003"]
    assert told(customer("importance: normal", body=body, stage="active")) == []
    assert told(customer(body=body, stage="active"), today=date(2027, 3, 15)) == ["TM004"]


def test_one_reminder_is_enough() -> None:
    silent = customer(body="## 2026-01-01\n\nx\n")

    assert told(silent) == ["TM003"]
    assert [finding.code for finding in check(silent, "TM004")] == ["TM004"]
