"""The promise of sync after any history: nothing that was saved is lost, no marker, everybody has the same."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.sync.kills import killed_at
from tests.sync.machine import Machine
from tests.sync.world import LEAVER, NAMES, World, empty_place

# An example is some clones and their history: shrinking one takes many minutes.
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
# By the names of the machines: whether they have the program.
PROGRAM = {"a": True, "b": True}
# One whose owner knows plain git alone, and one without the program.
PLAIN_GIT = {"a": True, "hand": True, "bare": False}

_made: dict[str, World] = {}


def world(machines: dict[str, bool]) -> World:
    """Return the world with these machines as it was made."""
    name = "-".join(machines)
    if name not in _made:
        _made[name] = World(empty_place("world"))
        _made[name].begin(machines)
    _made[name].reset()
    return _made[name]


@pytest.fixture(scope="module", autouse=True)
def _taken_away():
    yield
    for made in _made.values():
        shutil.rmtree(made.place, ignore_errors=True)


people = st.runner().flatmap(lambda self: st.sampled_from(list(self.machines)))
syncing = st.runner().flatmap(lambda self: st.sampled_from(self.who_sync))
sealing = st.runner().flatmap(lambda self: st.sampled_from([name for name, has in self.names.items() if has]))
which = st.integers(0, 9)


class Team(RuleBasedStateMachine):
    """People who write about the same customers at the same time."""

    names = PROGRAM
    who_sync: tuple[str, ...] = ("a", "b")

    @initialize()
    def begin(self):
        self.world = world(self.names)
        self.machines = {name: Machine(self.world, name, has) for name, has in self.names.items()}
        self.buffers: dict[str, tuple[Path, str]] = {}
        self.was_killed = self.has_new_keys = self.has_secrets = False

    # --- people write

    def note(self, who: str, number: int) -> tuple[Machine, Path, str] | None:
        machine = self.machines[who]
        notes = machine.notes()
        if not notes:
            return None
        path = notes[number % len(notes)]
        return machine, path, machine.read(path)

    @rule(who=people, number=which, day=st.integers(1, 28), at_end=st.booleans())
    def add_an_entry(self, who, number, day, at_end):
        if not (found := self.note(who, number)):
            return
        machine, path, text = found
        token = self.world.token()
        places = list(machine.entries(text))
        entry = f"## 2026-11-{day:02} 电话\n\nSaid {token}.\n\n"
        if "\r\n" in text:
            entry = entry.replace("\n", "\r\n")
        at = (places[-1][1] if at_end else places[0][0]) if places else len(text)
        before = text[:at]
        if before and not before.endswith("\n"):
            before += "\n"
        machine.save(path, f"{before}{entry}{text[at:]}")

    @rule(who=people, number=which, which_entry=which)
    def edit_an_entry(self, who, number, which_entry):
        if not (found := self.note(who, number)):
            return
        machine, path, text = found
        if places := list(machine.entries(text)):
            start, end = places[which_entry % len(places)]
            body = text[start:end].rstrip()
            machine.save(path, f"{text[:start]}{body} {self.world.token()}{text[start + len(body) :]}")

    @rule(who=people, number=which, which_entry=which)
    def remove_an_entry(self, who, number, which_entry):
        if not (found := self.note(who, number)):
            return
        machine, path, text = found
        if places := list(machine.entries(text)):
            start, end = places[which_entry % len(places)]
            self.world.gone(text[start:end])
            machine.save(path, text[:start] + text[end:])

    @rule(who=people, number=which)
    def turn_the_order(self, who, number):
        if not (found := self.note(who, number)):
            return
        machine, path, text = found
        if len(places := list(machine.entries(text))) > 1:
            parts = [
                text[start:end].rstrip() + ("\r\n\r\n" if "\r\n" in text else "\n\n") for start, end in places
            ]
            machine.save(path, text[: places[0][0]] + "".join(reversed(parts)) + text[places[-1][1] :])

    @rule(who=people, number=which, key=st.sampled_from(["region", "地区", "industry", "size"]))
    def set_a_field(self, who, number, key):
        if not (found := self.note(who, number)):
            return
        machine, path, text = found
        line = re.search(
            rf"(?m)^(?:{key}|region|地区)?: .*$" if key in ("region", "地区") else rf"(?m)^{key}: .*$", text
        )
        token = self.world.token()
        if line:
            self.world.gone(line[0])
            machine.save(
                path,
                text[: line.start()]
                + f"{key}: {token}"
                + ("\r" if line[0].endswith("\r") else "")
                + text[line.end() :],
            )
        elif "stage:" in text:
            machine.save(
                path, text.replace("stage:", f"{key}: {token}{chr(13) if chr(13) in text else ''}\nstage:", 1)
            )

    @rule(who=people, number=which)
    def add_a_tag(self, who, number):
        if not (found := self.note(who, number)):
            return
        machine, path, text = found
        if "tags: [" in text:
            machine.save(path, text.replace("tags: [", f"tags: [{self.world.token()}, ", 1))

    @rule(who=sealing, number=which)
    def type_a_secret(self, who, number):
        if not (found := self.note(who, number)):
            return
        machine, path, text = found
        if "stage:" in text and "手机:" not in text and "\r" not in text:
            self.has_secrets = True
            machine.save(path, text.replace("stage:", f"手机: {self.world.secret(text)}\nstage:", 1))

    @rule(who=people, number=which, name=st.sampled_from(["新客户", "Lanhai", "深圳/acme", "Cafe\u0301"]))
    def rename_a_file(self, who, number, name):
        if not (found := self.note(who, number)):
            return
        _machine, path, _text = found
        target = path.parent / f"{name}.md"
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)

    @rule(who=people, number=which)
    def archive_a_customer(self, who, number):
        if not (found := self.note(who, number)):
            return
        machine, path, _text = found
        target = machine.root / "archive" / path.name
        if path.parent.name != "archive" and not target.exists():
            target.parent.mkdir(exist_ok=True)
            path.rename(target)

    @rule(who=people, number=which)
    def remove_a_customer(self, who, number):
        machine = self.machines[who]
        if len(machine.notes()) > 2 and (found := self.note(who, number)):
            self.world.gone(found[2])
            found[1].unlink()

    @rule(who=people, name=st.sampled_from([*NAMES, "新客户", "Cafe\u0301", "Caf\u00e9", "LANHAI"]))
    def add_a_customer(self, who, name):
        machine = self.machines[who]
        path = machine.root / "customers" / f"{name}.md"
        if not path.exists():
            token = self.world.token()
            machine.save(
                path,
                f"---\nid: c{token}\nname: {name}\ntype: person\nstage: lead\nowner: li.na\n---\n\n{token}\n",
            )

    @rule(who=people, number=which)
    def another_line_ending(self, who, number):
        if not (found := self.note(who, number)):
            return
        machine, path, text = found
        machine.save(path, text.replace("\r\n", "\n") if "\r\n" in text else text.replace("\n", "\r\n"))

    @rule(who=people)
    def change_the_settings(self, who):
        path = self.machines[who].root / "vault.toml"
        text = path.read_text("utf-8")
        if "[queries]" in text:
            path.write_text(text.replace("[queries]\n", f'[queries]\n{self.world.token()} = "x"\n'), "utf-8")
        else:
            path.write_text(f'{text}\n[queries]\n{self.world.token()} = "x"\n', "utf-8")

    @rule(who=people)
    def attach_a_file(self, who):
        path = self.machines[who].root / "customers/attached.txt"
        if path.exists():
            self.world.gone(path.read_text())
        path.write_text(f"{self.world.token()}\n")

    # --- editors that were open all the time

    @rule(who=syncing, number=which)
    def open_an_editor(self, who, number):
        if who in self.buffers or not (found := self.note(who, number)):
            return
        # Saved and shared first: what the editor has open is what the next sync writes over.
        if self.machines[who].sync().status == 0 and found[1].exists():
            self.buffers[who] = (found[1], self.machines[who].read(found[1]))

    @precondition(lambda self: self.buffers)
    @rule(who=syncing)
    def sync_and_save_the_old_buffer(self, who):
        if who not in self.buffers:
            return
        path, text = self.buffers.pop(who)
        machine = self.machines[who]
        if not path.exists() or machine.read(path) != text:
            return
        machine.sync()
        places = list(machine.entries(text))
        if path.exists() and places:
            end = places[-1][1]
            machine.save(path, f"{text[:end].rstrip()} {self.world.token()}\n\n{text[end:]}")

    # --- sharing

    @rule(who=syncing, goes_along=st.booleans())
    def sync(self, who, goes_along):
        self.buffers.pop(who, None)
        if goes_along:
            self.machines[who].follow()
        else:
            self.machines[who].sync()

    @rule(who=syncing, number=st.integers(1, 50), note=which)
    def sync_until_the_power_is_cut(self, who, number, note):
        self.buffers.pop(who, None)
        # So that there is something to put in place.
        for other in {*self.who_sync} - {who}:
            self.add_an_entry(other, note, 12, True)
            self.rename_a_file(other, note + 1, "新客户")
            self.machines[other].sync()
        self.was_killed |= killed_at(self.machines[who], number, "sync", "--accept-deletions")

    @precondition(lambda self: not self.has_new_keys)
    @rule()
    def a_colleague_leaves(self):
        self.has_new_keys = True
        self.machines["a"].ok("access", "revoke", LEAVER)
        self.machines["a"].ok("rekey", "--yes")

    @rule(how=st.sampled_from(["older", "amended", "edited"]), back=st.integers(1, 2))
    def rewrite_the_server(self, how, back):
        self.world.rewrite(how, back)

    @rule(who=syncing)
    def sync_without_a_net(self, who):
        self.buffers.pop(who, None)
        machine = self.machines[who]
        server = self.world.live / "remote.git"
        away = server.rename(server.with_name("away.git"))
        assert machine.sync().status == 6
        away.rename(server)

    def last_round(self):
        """Share until nobody has anything new: the last one has all that there is, the others follow."""
        for name in (*self.machines, *list(self.machines)[:-1]):
            self.machines[name].follow()

    def teardown(self):
        if not hasattr(self, "machines"):
            return
        self.last_round()
        heads = {name: machine.head for name, machine in self.machines.items()}
        assert len(set(heads.values())) == 1, heads
        # Not all of them each time: there are many histories.
        name = list(heads)[len(self.world.told.typed) % len(heads)]
        ran = self.machines[name].sync()
        assert self.machines[name].head == heads[name], ("a second sync changes something", name, ran)
        for name, machine in self.machines.items():
            assert machine.status == "", (name, machine.status)
        self.world.check_nothing_lost(*self.machines.values())
        self.world.check_server()
        for name, machine in self.machines.items():
            if self.was_killed:
                machine.git("fsck", "--full")
                assert not list(machine.root.rglob(".vault-tmp-*")), name
                assert not (machine.root / ".git/vault/sync-journal").exists(), name
        # Who has no filter may have given git anything.
        with_program = [each for each in self.machines.values() if each.has_program]
        if self.has_new_keys or self.has_secrets:
            self.world.check_nothing_in_plain(with_program)
        for machine in with_program:
            self.world.check_secrets_open(machine)


class TeamWithPlainGit(Team):
    """The same where one shares by `git pull` alone, and one has no program."""

    names = PLAIN_GIT
    who_sync = ("a",)

    @rule()
    def pull_by_hand(self):
        machine = self.machines["hand"]
        if not machine.pull():
            # A file that one removed and the other changed: plain git asks, `vault sync` doesn't.
            machine.git("merge", "--abort", ok=False)
            machine.sync()

    @rule(gives_up=st.booleans())
    def pull_without_the_program(self, gives_up):
        machine = self.machines["bare"]
        if machine.pull():
            return
        if gives_up:
            machine.git("merge", "--abort", ok=False)
            return
        # Somebody who doesn't know better, or a server's web page: markers and all.
        machine.git("add", "-A")
        machine.git("commit", "-qm", "merged")
        machine.git("push", "-q", "origin", "HEAD:main", ok=False)

    def last_round(self):
        self.pull_by_hand()
        super().last_round()


def _searched(histories: int, steps: int) -> settings:
    # More steps find more, and there is more time for them in `make soak`.
    longer = 3 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 1
    return settings(
        max_examples=histories,
        stateful_step_count=steps * longer,
        phases=PHASES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


TestTeam = Team.TestCase
TestTeam.settings = _searched(172, 3)
TestTeamWithPlainGit = TeamWithPlainGit.TestCase
TestTeamWithPlainGit.settings = _searched(28, 4)
