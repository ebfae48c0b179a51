"""The two JSON Schemas: of a customer's front matter, and of the schema files themselves."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from vault_tool.schema import FieldType, SchemaError, builtin_schema_dir, json_schema, load_schema
from vault_tool.schema.build import FORMATS
from vault_tool.schema.draft import FIELD_ATTRIBUTES, WORD_ATTRIBUTES
from vault_tool.schema.files import SECTIONS
from vault_tool.schema.phrases import PHRASE_ATTRIBUTES

CASES = Path(__file__).parent.parent / "cases" / "schema"
WRONG = sorted((CASES / "wrong").glob("*.yaml"))
SCHEMA = load_schema()
FRONT_MATTER = Draft202012Validator(json_schema(SCHEMA))
META = Draft202012Validator(
    json.loads((builtin_schema_dir() / "meta.schema.json").read_text(encoding="utf-8"))
)


class AsEditorsRead(yaml.SafeLoader):
    """YAML 1.2, as an editor's check of the schema files reads it: `NO` and `2026-01-01` are texts."""


AsEditorsRead.yaml_implicit_resolvers = {}
AsEditorsRead.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))
AsEditorsRead.add_implicit_resolver("tag:yaml.org,2002:int", re.compile("^[0-9]+$"), list("0123456789"))
AsEditorsRead.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^$"), [""])


def front_matter(text: str) -> Any:
    return yaml.load(text, AsEditorsRead)


CHINESE = """
编号: c3m8k2qa41
客户名称: 杭州蓝海贸易有限公司
aliases: [蓝海]
类型: 企业客户
业务阶段: 方案报价
负责人: 李娜
重要程度: A类
tags: 展会2026
下次跟进: 2026-11-27 发新报价
最近核对: 2026-11-20
核对周期: 90
预计金额: 80万
推荐人: [[王五]]
生日: 农历八月十五
行业:
vault_conflicts:
  - {field: stage, other: won}
联系人:
  - 姓名: 王总
    职务: 采购总监
    手机: sealed-7q2m9xk4
  - 刘姐 财务
自定: 什么都行
"""

ENGLISH = """
id: c3m8k2qa41
name: Blue Ocean Trading
aliases: [Blue Ocean, 蓝海]
type: enterprise
stage: proposal
owner: li.na
importance: VIP
tags: [fair-2026]
Next step:
  - 2026-11-27 send the new quote
  - 2026-12-01
reviewed: 2026-11-20
review_every: 90 days
expected_amount: 80000
contract_amount: sealed-b41t0zq8
credit_code: sealed-7q2m9xk4
consent: {date: 2026-01-05, 方式: signature}
ext: {erp: K-1029}
contacts:
  - {name: Mr Wang, title: buyer, phone: 0571}
"""


def test_both_are_json_schemas() -> None:
    Draft202012Validator.check_schema(FRONT_MATTER.schema)
    Draft202012Validator.check_schema(META.schema)


@pytest.mark.parametrize("text", [CHINESE, ENGLISH], ids=["zh", "en"])
def test_front_matter_in_either_language_is_valid(text: str) -> None:
    assert [error.message for error in FRONT_MATTER.iter_errors(front_matter(text))] == []


@pytest.mark.parametrize("field", SCHEMA.fields, ids=lambda field: field.name)
def test_every_spelling_of_a_field_is_a_property(field: Any) -> None:
    properties = FRONT_MATTER.schema["properties"]

    assert {json.dumps(properties[spelling]) for spelling in field.spellings} == {
        json.dumps({"$ref": f"#/$defs/{field.name}"})
    }


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        (CHINESE, "业务阶段: 方案报价", "业务阶段: 快成了"),
        (CHINESE, "业务阶段: 方案报价", ""),
        (CHINESE, "客户名称: 杭州蓝海贸易有限公司", "客户名称:"),
        (CHINESE, "下次跟进: 2026-11-27", "下次跟进: 下周五"),
        (CHINESE, "最近核对: 2026-11-20", "最近核对: 2026年11月20日"),
        (CHINESE, "姓名: 王总", "姓名: [王总]"),
        (ENGLISH, "type: enterprise", "type: firm"),
        (ENGLISH, "owner: li.na", "owner: [li.na, zhang.wei]"),
        (ENGLISH, "- 2026-12-01", "- soon"),
        (ENGLISH, "ext: {erp: K-1029}", "ext: K-1029"),
        (ENGLISH, "tags: [fair-2026]", "tags: {fair: 2026}"),
        (ENGLISH, "id: c3m8k2qa41", ""),
    ],
)
def test_one_wrong_value_is_found(text: str, before: str, after: str) -> None:
    assert before in text

    assert not FRONT_MATTER.is_valid(front_matter(text.replace(before, after)))


def test_what_a_customer_type_requires_is_required_in_every_spelling() -> None:
    validator = Draft202012Validator(json_schema(load_schema(CASES / "vault")))
    company = front_matter(CHINESE)

    assert not validator.is_valid(company)
    assert not validator.is_valid(company | {"类型": "公司"})
    assert validator.is_valid(company | {"类型": "个人"})
    assert validator.is_valid(company | {"税号": "91330100MA00000000"})
    assert validator.is_valid(company | {"credit_code": "91330100MA00000000"})


def test_a_sealed_value_is_valid_in_any_sealed_field(tmp_path: Path) -> None:
    text = "front_matter: {reviewed: {sealed: contact}, created: {sealed: {person: contact}}}"
    (tmp_path / "fields.yaml").write_text(text, encoding="utf-8")
    validator = Draft202012Validator(json_schema(load_schema(tmp_path)))
    customer = front_matter(ENGLISH)

    for key in ("reviewed", "created"):
        sealed = customer | {key: "sealed-7q2m9xk4"}
        assert validator.is_valid(sealed)
        assert not FRONT_MATTER.is_valid(sealed)
        assert not validator.is_valid(customer | {key: "sealed-7q2m9"})


@pytest.mark.parametrize("folder", [builtin_schema_dir(), CASES / "vault"], ids=["built-in", "vault"])
@pytest.mark.parametrize("name", ["fields.yaml", "vocabulary.yaml", "phrases.yaml"])
def test_right_schema_files_are_valid(folder: Path, name: str) -> None:
    document = yaml.load((folder / name).read_text(encoding="utf-8"), AsEditorsRead)

    assert [error.message for error in META.iter_errors(document)] == []


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.stem)
def test_a_mistake_of_form_is_found_by_the_meta_schema_too(case: Path) -> None:
    text = case.read_text(encoding="utf-8")
    verdict = text.splitlines()[1].removeprefix("# meta schema: ")
    if verdict == "can't tell":
        return

    assert verdict == "rejects"
    assert not META.is_valid(yaml.load(text, AsEditorsRead))


def test_the_meta_schema_knows_every_attribute_and_choice() -> None:
    definitions = META.schema["$defs"]
    field, word = definitions["field"]["properties"], definitions["word"]["properties"]

    assert set(field) == set(FIELD_ATTRIBUTES)
    assert set(word) == set(WORD_ATTRIBUTES)
    assert set(definitions["phrase_list"]["properties"]) == set(PHRASE_ATTRIBUTES)
    assert field["type"]["enum"] == list(FieldType)
    assert field["format"]["enum"] == list(FORMATS)
    assert all("description" in attribute or "$ref" in attribute for attribute in (field | word).values())


texts = ["甲", "", 3, "b: c", " d", "e\nf", []]
fields = st.fixed_dictionaries(
    {"labels": st.dictionaries(st.sampled_from(["en", "zh", "fr"]), st.sampled_from(texts), min_size=1)},
    optional={
        "aliases": st.lists(st.sampled_from(["乙", *texts]), max_size=2) | st.just("乙"),
        "type": st.sampled_from([*FieldType, "txt"]),
        "vocabulary": st.sampled_from(["stage", []]),
        "many": st.sampled_from([True, "true"]),
        "fields": st.sampled_from(
            [{}, [], {"a": {"labels": {"en": "A"}, "type": "text"}}, {"a": {"fields": {}}}]
        ),
        "required": st.sampled_from([True, False, "true", 1]),
        "required_for": st.sampled_from([["person"], "person", [{}]]),
        "sealed": st.sampled_from(["contact", "No", False, True, {"person": "contact"}, {"person": 1}, []]),
        "merge": st.sampled_from(["set", "scalar", "later", "map", "maps", "never"]),
        "format": st.sampled_from(["email", "mail"]),
        "help": st.sampled_from([{"en": "Yes."}, {"en": []}, {"de": "Ja."}, "Yes."]),
        "typ": st.just("text"),
    },
)
words = st.fixed_dictionaries(
    {"labels": st.dictionaries(st.sampled_from(["en", "zh", "fr"]), st.sampled_from(texts), min_size=1)},
    optional={
        "aliases": st.lists(st.sampled_from(["乙", *texts]), max_size=2) | st.just("乙"),
        "also": st.lists(st.sampled_from(["丙", *texts]), max_size=2),
        "closed": st.sampled_from([True, False, "true", 1]),
        "pursued": st.sampled_from([True, "true"]),
        "type": st.just("text"),
    },
)
some_phrases = (
    st.lists(st.sampled_from(texts), max_size=2)
    | st.dictionaries(st.sampled_from(["甲", "", " d"]), st.sampled_from(texts), max_size=1)
    | st.sampled_from(["甲", 1])
)
phrases = st.fixed_dictionaries(
    {},
    optional={
        "list": some_phrases,
        "also": some_phrases,
        "without": st.sampled_from([[], ["甲"], "甲", [[]]]),
    },
)
names = st.sampled_from(["plate", "车牌", "a b", "1", "a-b", "_a", "a:b", "Ä", "甲乙"])
documents = (
    st.fixed_dictionaries({"front_matter": st.dictionaries(names, fields, max_size=1)})
    | st.fixed_dictionaries({"inline": st.sampled_from([{}, [], 1, {"plate": 1}, {"plate": []}])})
    | st.fixed_dictionaries(
        {"vocabularies": st.dictionaries(names, st.dictionaries(names, words, max_size=1))}
    )
    | st.fixed_dictionaries({"vocabularies": st.fixed_dictionaries({"kind": st.dictionaries(names, words)})})
    | st.fixed_dictionaries(
        {"units": st.dictionaries(st.just("打"), st.sampled_from([0, 1, 12, -1, "x", [], True]))}
    )
    | st.fixed_dictionaries({"phrases": st.dictionaries(st.just("filler"), phrases, max_size=1)})
)
# What hangs together across places: no JSON Schema can say it.
BEYOND_FORM = {"DuplicateSpelling", "MissingAttribute", "UnknownName"}


@settings(max_examples=150)
@given(document=documents)
def test_the_meta_schema_rejects_just_what_is_rejected_for_its_form(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any]
) -> None:
    folder = tmp_path_factory.mktemp("meta")
    name = next(name for name, sections in SECTIONS.items() if document.keys() & set(sections))
    (folder / name).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    problem: str | None = None

    try:
        load_schema(folder)
    except SchemaError as error:
        problem = type(error).__name__

    if problem not in BEYOND_FORM:
        assert META.is_valid(document) == (problem is None), problem
