"""Keyrings that two people changed at once."""

from __future__ import annotations

from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_tool.merge.keyring import JoinedKeyring, join_keyrings
from vault_tool.vault.keyring import GroupWaits, KeyGroup, Keyring, Member, keyring_text, read_keyring

LETTERS = "acdefghjklmnpqrstuvwxyz023456789"


def key(letter: str) -> str:
    return f"age1{letter * 58}"


def keyring(epoch: int, people: str, *, contact: tuple[int, str] = (1, "c"), **more: KeyGroup) -> Keyring:
    """A keyring in which each letter is one who sells, with the key of that letter; capitals manage."""
    return Keyring(
        epoch,
        MappingProxyType(
            {
                each.lower(): Member(("manager" if each.isupper() else "sales",), (key(each.lower()),))
                for each in people
            }
        ),
        MappingProxyType({"paper": key("p")}),
        MappingProxyType(
            {"contact": KeyGroup(contact[0], key(contact[1]), ("role:sales", "role:manager")), **more}
        ),
    )


def joined(base: Keyring | None, a: Keyring, b: Keyring) -> tuple[Keyring, JoinedKeyring]:
    was, one, two = (keyring_text(each).encode() if each else None for each in (base, a, b))
    assert one is not None and two is not None
    done = join_keyrings(was, one, two)
    assert done is not None and done == join_keyrings(was, two, one)
    return read_keyring(done.data.decode()), done


def test_who_is_out_on_either_side_is_out_and_the_group_waits_for_a_new_key():
    base = keyring(4, "Lzw")

    after, _done = joined(base, keyring(5, "Lz", contact=(2, "d")), keyring(6, "Lw", contact=(2, "e")))

    assert after.epoch == 7
    assert list(after.people) == ["l"] and after.due == ("contact",)
    with pytest.raises(GroupWaits):
        after.sealing_keys("contact", None)
    assert after.public_keys("contact", None) == (key("e"),)


def test_where_both_sides_shut_out_the_same_one_of_their_keys_goes_on():
    after, done = joined(
        keyring(4, "Lzw"), keyring(5, "Lz", contact=(2, "d")), keyring(5, "Lz", contact=(2, "e"))
    )

    assert after == keyring(6, "Lz", contact=(2, "e")) and not done.is_one_sided


def test_who_came_in_on_either_side_is_in():
    after, _done = joined(keyring(4, "L"), keyring(5, "Lz"), keyring(5, "Lw"))

    assert list(after.people) == ["l", "w", "z"]
    assert after.due == ("contact",)  # its keys are wrapped for one of them only


def test_a_role_given_here_and_a_group_given_to_the_role_there_want_a_new_key():
    base = keyring(4, "Lz", money=KeyGroup(1, key("m"), ("role:manager",)))
    role = keyring(5, "LZ", money=KeyGroup(1, key("m"), ("role:manager",)))
    group = keyring(5, "Lz", money=KeyGroup(1, key("m"), ("role:manager", "role:books")))
    role = role._replace(
        people=MappingProxyType({**base.people, "z": Member(("sales", "books"), (key("z"),))})
    )

    after, _done = joined(base, role, group)

    assert after.readers("money") == ("l", "z") and after.due == ("money",)


def test_a_key_that_was_made_anew_elsewhere_needs_no_other():
    base = keyring(4, "Lz")
    due = base._replace(groups=MappingProxyType({"contact": base.groups["contact"]._replace(renew=True)}))
    renewed = keyring(5, "Lz", contact=(2, "d"))
    new = KeyGroup(1, key("n"), ("role:manager",))
    other = due._replace(epoch=5, groups=MappingProxyType({**due.groups, "new": new}))

    after, _done = joined(due, renewed, other)

    assert after.due == () and after.groups["contact"].public == key("d") and "new" in after.groups


def test_two_who_remove_each_other_are_left_to_people():
    after, done = joined(
        keyring(4, "LZ"), keyring(5, "L", contact=(2, "d")), keyring(6, "Z", contact=(2, "e"))
    )

    assert done.is_one_sided and list(after.people) == ["z"] and after.epoch == 7
    assert after.due == ("contact",)


def test_two_vaults_begun_as_one_keep_both_recovery_keys():
    other = keyring(1, "Z", contact=(1, "d"))._replace(recovery=MappingProxyType({"paper": key("q")}))

    after, _done = joined(None, keyring(1, "L"), other)

    assert list(after.people) == ["l", "z"] and set(after.recovery.values()) == {key("p"), key("q")}
    assert after.due == ("contact",)


def test_line_ends_are_no_change():
    base, after = keyring(4, "Lz"), keyring(5, "L", contact=(2, "d"))
    crlf = keyring_text(base).replace("\n", "\r\n").encode()

    done = join_keyrings(keyring_text(base).encode(), crlf, keyring_text(after).encode())

    assert done == JoinedKeyring(keyring_text(after).encode())


PEOPLE = st.sets(st.sampled_from("LZwxy"), min_size=1).map(lambda found: "".join(sorted(found)))
KEYS = st.tuples(st.integers(1, 3), st.sampled_from("cde"))


@settings(max_examples=60)
@given(PEOPLE, PEOPLE, PEOPLE, KEYS, KEYS)
def test_nothing_is_sealed_to_a_key_that_one_who_is_out_may_hold(
    was: str, one: str, two: str, first: tuple[int, str], second: tuple[int, str]
):
    base = keyring(3, was)
    sides = [keyring(4, one, contact=first), keyring(5, two, contact=second)]

    after, done = joined(base, *sides)

    if done.is_one_sided or after in (base, *sides):
        return
    for name in was.lower():
        is_out = name not in one.lower() or name not in two.lower()
        assert (name in after.people) is not is_out
    if not after.due:
        public, readers = after.groups["contact"].public, set(after.wrapping_keys("contact"))
        for side in sides:
            if side.groups["contact"].public == public and side.people != base.people:
                assert set(side.wrapping_keys("contact")) == readers
