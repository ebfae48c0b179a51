"""Each way in which a sync can end has one line that says what is safe, and one status for programs."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from vault_tool.errors import Exit
from vault_tool.git.answer import Reached, RemoteState
from vault_tool.sync.gate import Held, Why
from vault_tool.sync.outcome import Outcome, Remote, State, document, headline, lines, trouble_lines

NOTE = PurePosixPath("customers/a.md")


def outcome(*states: RemoteState, waiting: int = 0, **more) -> Outcome:
    servers = tuple(
        Remote(f"r{number}", "example.com", Reached(state, "why"), waiting)
        for number, state in enumerate(states)
    )
    is_shared = all(state is RemoteState.OK for state in states)
    state = State.SAVED if not states else State.SHARED if is_shared else State.WAITING
    return Outcome(state, remotes=servers, **more)


@pytest.mark.parametrize(
    ("found", "said", "status"),
    [
        (outcome(), "Saved on this computer; `vault remote add ADDRESS` shares it.", Exit.OK),
        (outcome(RemoteState.OK), "All notes are saved and shared; nothing was new.", Exit.OK),
        (
            outcome(RemoteState.OK, sent=3, received=(NOTE,) * 4, removed=(NOTE,)),
            "All notes saved and shared (3 sent, 5 received).",
            Exit.OK,
        ),
        (
            outcome(RemoteState.OFFLINE, waiting=4),
            "Saved on this computer. 4 changes go out when you are online.",
            Exit.OFFLINE,
        ),
        (outcome(RemoteState.OK, RemoteState.AUTH), "Saved on this computer.", Exit.OFFLINE),
        (outcome(RemoteState.GONE, RemoteState.REWRITTEN), "Saved on this computer.", Exit.DECIDE),
        (outcome(RemoteState.STALE), "Saved on this computer.", Exit.BUSY),
        (outcome(RemoteState.CORRUPT), "Saved on this computer.", Exit.UNREADABLE),
    ],
)
def test_what_is_safe_is_said_first(found: Outcome, said: str, status: Exit):
    assert headline(found) == said
    assert found.exit_code is status


@pytest.mark.parametrize("state", [state for state in RemoteState if state is not RemoteState.OK])
def test_every_trouble_with_a_server_has_its_words_and_something_to_do(state: RemoteState):
    ((said, hint),) = trouble_lines(outcome(state))
    assert "example.com" in said or "why" in said
    assert hint and outcome(state).exit_code is not Exit.OK


def test_a_person_has_to_decide_whatever_else_is_the_matter():
    held = (Held(NOTE, Why.PRIVACY, 3),)
    assert outcome(RemoteState.OK, held=held).exit_code is Exit.DECIDE
    assert outcome(RemoteState.OFFLINE, conflicts={NOTE: ("stage", "owner")}).exit_code is Exit.DECIDE
    told = list(lines(outcome(RemoteState.OK, conflicts={NOTE: ("stage", "owner")}, customers=("a",))))
    assert told == ["News of: a", "2 places need a choice: `vault conflicts`"]


def test_entries_that_stay_are_named_and_few_of_many_files():
    kept = {NOTE: ("## 2026-11-20 call",), PurePosixPath("b.md"): ()}
    many = tuple(PurePosixPath(f"{number}.bin") for number in range(9))
    told = list(lines(outcome(RemoteState.OK, kept=kept, too_large=many)))
    assert told[:2] == [
        "Removed on one side and changed on the other, so it stays: customers/a.md: 2026-11-20 call",
        "Removed on one side and changed on the other, so it stays: b.md",
    ]
    assert told[-1] == "... and 4 more" and len(told) == 8


def test_a_document_has_all_of_it():
    told = document(outcome(RemoteState.OFFLINE, waiting=2, held=(Held(NOTE, Why.COPY, 1),)))
    assert told["state"] == "waiting"
    assert told["held_back"] == [{"path": "customers/a.md", "why": "copy", "line": 1}]
    assert told["remotes"] == [
        {"name": "r0", "url": "example.com", "state": "offline", "reason": "why", "waiting": 2}
    ]
