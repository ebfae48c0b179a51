"""The built-in schema is the format's, and every spelling in it means one thing."""

from __future__ import annotations

import pickle
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_tool.schema import Field, Word, builtin_schema_dir, fold, load_schema

FORMAT = Path(__file__).parent.parent / "cases" / "schema" / "format"
SCHEMA = load_schema()
INNER = [inner for outer in SCHEMA.fields for inner in outer.fields]
(CONTACTS,) = (field for field in SCHEMA.fields if field.name == "contacts")
ALL_FIELDS = [*SCHEMA.fields, *SCHEMA.inline_fields, *INNER]
ALL_WORDS = [word for words in SCHEMA.vocabularies.values() for word in words]


def variants(item: Word | Field) -> Iterator[str]:
    """Every spelling in other cases, in full width, decomposed, and with blanks around it."""
    for spelling in item.spellings:
        wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in spelling)
        yield from (spelling, spelling.upper(), spelling.lower(), wide, wide.upper(), f" {spelling}\u3000")
        yield unicodedata.normalize("NFD", spelling)


def lines(name: str) -> list[list[str]]:
    return [line.split() for line in (FORMAT / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("word", ALL_WORDS, ids=lambda word: f"{word.vocabulary}-{word.name}")
def test_every_spelling_of_a_word_means_it_in_any_case_and_width(word: Word) -> None:
    for variant in variants(word):
        assert SCHEMA.word(word.vocabulary, variant) is word, variant


@pytest.mark.parametrize(
    ("fields", "find"),
    [
        (SCHEMA.fields, SCHEMA.field),
        (SCHEMA.inline_fields, SCHEMA.inline_field),
        *((outer.fields, outer.inner) for outer in SCHEMA.fields if outer.fields),
    ],
    ids=["front_matter", "inline", *(outer.name for outer in SCHEMA.fields if outer.fields)],
)
def test_every_spelling_of_a_field_means_it_in_any_case_and_width(
    fields: Iterable[Field], find: Callable[[str], Field | None]
) -> None:
    for field in fields:
        for variant in variants(field):
            assert find(variant) is field, variant


def test_every_field_and_word_has_a_label_in_both_languages() -> None:
    # Names that Chinese takes over as they are.
    latin = {"QQ", "WhatsApp"}
    things: list[Word | Field] = [*ALL_FIELDS, *ALL_WORDS]
    for thing in things:
        assert re.search("[A-Za-z]", thing.label("en")), thing.name
        assert re.search("[\u4e00-\u9fff]", thing.label("zh")) or thing.label("zh") in latin, thing.name


def test_every_field_has_a_sentence_of_help_in_both_languages() -> None:
    for field in ALL_FIELDS:
        assert field.help["en"].endswith("."), field.name
        assert field.help["zh"].endswith("。"), field.name


def test_no_two_things_share_a_spelling() -> None:
    heading_words = (*SCHEMA.vocabularies["channel"], *SCHEMA.vocabularies["kind"])
    scopes: list[Iterable[Word | Field]] = [
        *SCHEMA.vocabularies.values(),
        heading_words,
        SCHEMA.fields,
        SCHEMA.inline_fields,
        *(field.fields for field in SCHEMA.fields),
    ]

    for scope in scopes:
        spellings = [folded for thing in scope for folded in {fold(spelling) for spelling in thing.spellings}]
        assert len(spellings) == len(set(spellings))
    currencies = {fold(spelling) for word in SCHEMA.vocabularies["currency"] for spelling in word.spellings}
    assert not currencies & set(SCHEMA.units)


def test_what_stands_in_a_heading_has_labels_without_blanks() -> None:
    for word in (*SCHEMA.vocabularies["channel"], *SCHEMA.vocabularies["kind"]):
        assert all(len(label.split()) == 1 for label in word.labels.values())


def test_the_words_are_those_of_the_format() -> None:
    for vocabulary, *spellings in lines("words.txt"):
        found = {SCHEMA.word(vocabulary.rstrip(":"), spelling) for spelling in spellings}
        assert [word.name for word in found if word] == [spellings[0]], spellings


def test_the_stages_are_in_order_and_two_of_them_end_the_follow_up() -> None:
    stages = SCHEMA.vocabularies["stage"]

    assert [word.rank for word in stages] == list(range(9))
    assert (stages[0].name, stages[-1].name) == ("lead", "churned")
    assert [word.name for word in stages if word.closed] == ["lost", "churned"]


@pytest.mark.parametrize(
    ("fields", "find", "name"),
    [
        (SCHEMA.fields, SCHEMA.field, "front_matter.txt"),
        (SCHEMA.inline_fields, SCHEMA.inline_field, "inline.txt"),
        (CONTACTS.fields, CONTACTS.inner, "contacts.txt"),
    ],
    ids=["front_matter", "inline", "contacts"],
)
def test_the_fields_are_those_of_the_format(
    fields: Iterable[Field], find: Callable[[str], Field | None], name: str
) -> None:
    for *spellings, kind in lines(name):
        found = {find(spelling) for spelling in spellings}
        assert [(field.name, field.type) for field in found if field] == [(spellings[0], kind)], spellings
    assert {field.name for field in fields} == {spellings[0] for spellings in lines(name)}


def test_five_fields_are_required() -> None:
    required = [field.name for field in SCHEMA.fields if field.is_required("enterprise")]

    assert required == ["id", "name", "type", "stage", "owner"]


@pytest.mark.parametrize("customer_type", [None, "enterprise", "partner", "person"])
def test_sealed_groups_are_those_of_the_format(customer_type: str | None) -> None:
    expected = {
        "contact": {"mobile", "wechat"},
        "identity": {"id_number", "passport"},
        "finance": {"bank_account", "contract_amount", "credit_limit"},
    }
    if customer_type == "person":
        expected["contact"] |= {"phone", "email", "address"}

    groups: dict[str, set[str]] = {}
    for field in SCHEMA.fields:
        if group := field.sealed_group(customer_type):
            groups.setdefault(group, set()).add(field.name)

    assert groups == expected


def test_a_contacts_mobile_and_wechat_are_sealed_for_every_customer() -> None:
    sealed = [inner.name for inner in CONTACTS.fields if inner.sealed_group("enterprise") == "contact"]

    assert sealed == ["mobile", "wechat"]


def test_merge_policies_are_those_of_sync() -> None:
    policies = {field.name: field.merge for field in SCHEMA.fields}

    assert {name for name, policy in policies.items() if policy == "later"} == {"reviewed"}
    assert policies["contacts"] == "maps"
    assert policies["tags"] == policies["needs"] == policies["aliases"] == "set"
    assert policies["stage"] == policies["next"] == "scalar"


def test_a_new_customer_begins_with_who_and_where_it_stands() -> None:
    names = [field.name for field in SCHEMA.fields]

    assert names[:8] == ["id", "name", "aliases", "type", "stage", "owner", "importance", "tags"]


def test_chinese_notes_get_chinese_keys_but_for_those_other_programs_know() -> None:
    written = {field.name: field.key("zh") for field in SCHEMA.fields}

    assert written["expected_amount"] == "预计金额"
    assert (written["tags"], written["aliases"]) == ("tags", "aliases")
    assert all(field.key("en") == field.name for field in ALL_FIELDS)
    assert all(SCHEMA.field(field.key("zh")) is field for field in SCHEMA.fields)


def test_keys_of_the_tool_and_of_obsidian_are_known() -> None:
    for key in ("vault_conflicts", "vault_anything", "cssclasses", "publish", "tags", "标签"):
        assert SCHEMA.is_known(key), key
    assert not SCHEMA.is_known("stge")


@pytest.mark.parametrize(
    ("unit", "number"),
    [("万", 10_000), ("亿", 10**8), ("Ｗ", 10_000), ("K", 1000), ("百万", 10**6), ("打", None)],
)
def test_a_unit_says_what_the_number_before_it_is_multiplied_by(unit: str, number: int | None) -> None:
    assert SCHEMA.unit(unit) == number


def test_unknown_spellings_mean_nothing() -> None:
    assert SCHEMA.field("stge") is None
    assert SCHEMA.inline_field("") is None
    assert SCHEMA.word("stage", "propsal") is None
    assert SCHEMA.word("nowhere", "lead") is None


@pytest.mark.parametrize(
    ("found", "name"),
    [
        (SCHEMA.nearest_field("stge"), "stage"),
        (SCHEMA.nearest_field("业务阶断"), "stage"),
        (SCHEMA.nearest_field("ＯＷＮＲ"), "owner"),
        (SCHEMA.nearest_inline_field("ammount"), "amount"),
        (SCHEMA.nearest_word("stage", "propsal"), "proposal"),
        (SCHEMA.nearest_word("channel", "企业微芯"), "wecom"),
        (SCHEMA.nearest_word("stage", "negotiatoin"), "negotiation"),
        (SCHEMA.nearest_word("stage", "潜在客"), "lead"),
        (SCHEMA.nearest_field("tpye"), "type"),
        (SCHEMA.nearest_field("重要度"), "importance"),
        # These are words of their own, some of them the very opposite.
        (SCHEMA.nearest_word("stage", "未签约"), None),
        (SCHEMA.nearest_word("stage", "inactive"), None),
        (SCHEMA.nearest_word("stage", "unqualified"), None),
        (SCHEMA.nearest_word("importance", "不重要"), None),
        (SCHEMA.nearest_word("importance", "次要客户"), None),
        (SCHEMA.nearest_word("importance", "D类客户"), None),
        (SCHEMA.nearest_word("type", "客户"), None),
        (SCHEMA.nearest_field("性别"), None),
        (SCHEMA.nearest_field("更新时间"), None),
        (SCHEMA.nearest_field("成立时间"), None),
        (SCHEMA.nearest_field("score"), None),
        (SCHEMA.nearest_field("date"), None),
        (SCHEMA.nearest_field("zzzzzz"), None),
        (SCHEMA.nearest_field("x" * 100_000), None),
        (SCHEMA.nearest_word("nowhere", "lead"), None),
    ],
)
def test_the_nearest_is_suggested_only_when_it_is_near(found: Word | Field | None, name: str | None) -> None:
    assert (found.name if found else None) == name


@given(st.text())
def test_folding_is_stable_and_blind_to_outer_blanks(text: str) -> None:
    folded = fold(text)

    assert fold(folded) == folded == fold(f" {text}\u3000")


def test_a_schema_travels_to_another_process() -> None:
    copy = pickle.loads(pickle.dumps(SCHEMA))

    assert copy == SCHEMA
    assert copy.word("stage", "成交").name == "won"


@pytest.mark.parametrize("customer_type", [word.name for word in SCHEMA.vocabularies["type"]])
def test_every_customer_type_has_a_template_of_known_fields(customer_type: str) -> None:
    template = builtin_schema_dir() / "templates" / f"{customer_type}.md"
    _, front_matter, _ = template.read_text(encoding="utf-8").split("---\n")

    for key, value in (line.split(":", 1) for line in front_matter.splitlines()):
        assert (field := SCHEMA.field(key)) and field.name == key
        assert set(re.findall(r"{(\w+)}", value)) <= {"name", "id", "type", "stage", "owner", "today"}
