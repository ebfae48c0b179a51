from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_tool.vault.settings import Person
from vault_tool.vault.settings_text import (
    CannotAddPerson,
    PersonKnown,
    default_queries,
    new_settings_text,
    plan_add_person,
    settings_of,
)

LI_NA = Person("li.na", "李娜", ("娜姐",), "li.na@example.com")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_new_vaults_settings_read_as_they_were_meant(language):
    text = new_settings_text(language, "v7k2m9qx", "USD", [LI_NA], ("客户/**/*.md",))

    settings = settings_of(text)
    assert (settings.id, settings.language, settings.currency) == ("v7k2m9qx", language, "USD")
    assert settings.customers == ("客户/**/*.md",)
    assert settings.people == (LI_NA,)
    assert settings.queries == default_queries()
    assert "#" in text


def test_comments_and_names_of_queries_are_in_the_readers_language():
    chinese = {"this-week": "本周", "never change it": "不要改动"}

    text = new_settings_text("zh", "v1", translate=lambda message: chinese.get(message, message))

    assert "本周" in settings_of(text).queries
    assert "# 不要改动" in text


@pytest.mark.parametrize(
    "before",
    [
        'id = "v1"',
        'id = "v1"\n',
        'id = "v1"\n\n# 团队\n[people.wang]\nname = "王磊"\n\n[lint]\nignore = ["CC"]\n# the end',
        '\ufeffid = "v1"\r\n[people."wang.lei"]\r\nname = "王磊"\r\n',
    ],
)
def test_a_person_is_added_at_the_end_and_the_rest_stays_as_it_was(before: str):
    after = plan_add_person(before, LI_NA)

    assert after.startswith(before)
    assert settings_of(after.removeprefix("\ufeff")).people[-1] == LI_NA
    assert ("\r\n" in before) == ("\r\n" in after)


@given(TEXTS, st.lists(TEXTS, max_size=3), st.none() | TEXTS)
def test_whoever_is_added_is_read_back_the_same_or_refused(name: str, aliases: list[str], email: str | None):
    person = Person("someone", name, tuple(aliases), email or None)
    try:
        after = plan_add_person('id = "v1"\n', person)
    except CannotAddPerson:
        return

    assert settings_of(after).people == (person,)


@pytest.mark.parametrize(
    "known", [Person("li.na", "x"), Person("other", "李娜"), Person("o", "x", ("@娜姐",))]
)
def test_somebody_who_is_known_is_not_added_again(known: Person):
    with pytest.raises(PersonKnown):
        plan_add_person(plan_add_person('id = "v1"\n', LI_NA), known)


def test_people_in_a_form_that_cannot_be_added_to_are_left_alone():
    with pytest.raises(CannotAddPerson) as refused:
        plan_add_person('id = "v1"\npeople = { wang = { name = "王磊" } }\n', LI_NA)

    assert refused.value.hint.format(**refused.value.values).endswith('[people."li.na"]')
