"""A vault extends and overrides the built-in schema, wherever that was installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vault_tool.schema import Field, Schema, builtin_schema_dir, load_schema

OWN = Path(__file__).parent.parent / "cases" / "schema" / "vault"
REPOSITORY = Path(__file__).parent.parent.parent
FILES = ("fields.yaml", "vocabulary.yaml", "phrases.yaml")
SCHEMA = load_schema()


@pytest.fixture(scope="module")
def own() -> Schema:
    """The schema of the vault in the cases."""
    return load_schema(OWN)


def named(schema: Schema, key: str) -> Field:
    field = schema.field(key)
    assert field is not None, key
    return field


def test_a_new_field_stands_where_it_says_or_at_the_end(own: Schema) -> None:
    names = [field.name for field in own.fields]

    assert names[names.index("region") + 1] == "serial"
    assert names[-1] == "车牌号"
    assert named(own, "机号").type == "list"
    assert own.inline_field("机器") is own.inline_fields[-1]


def test_a_field_that_is_removed_is_unknown(own: Schema) -> None:
    assert own.field("passport") is own.field("护照号") is own.inline_field("seller") is None
    assert named(own, "contacts").inner("wechat") is None


def test_an_override_changes_only_what_it_names(own: Schema) -> None:
    name = named(own, "甲方")

    assert name.labels == {"en": "Name", "zh": "单位名称"}
    assert name.required
    assert own.field("公司名称") is own.field("客户名称") is name
    assert named(own, "重要程度").required
    assert named(own, "重要程度").vocabulary == "importance"


def test_a_label_that_is_replaced_is_understood_no_longer(tmp_path: Path) -> None:
    (tmp_path / "fields.yaml").write_text("front_matter: {region: {labels: {zh: 大区}}}", encoding="utf-8")

    schema = load_schema(tmp_path)

    assert schema.field("大区") is named(schema, "region")
    assert schema.field("地区") is None


def test_a_field_of_another_type_keeps_nothing_of_the_old_one(own: Schema, tmp_path: Path) -> None:
    industry = named(own, "行业")
    assert (industry.type, industry.vocabulary) == ("word", "industry")

    (tmp_path / "fields.yaml").write_text("front_matter: {contacts: {type: list}}", encoding="utf-8")
    contacts = named(load_schema(tmp_path), "联系人")

    assert (contacts.type, contacts.fields, contacts.merge) == ("list", (), "set")


def test_a_type_can_require_more_fields_and_is_named_in_any_spelling(own: Schema) -> None:
    code = named(own, "税号")

    assert code.required_for == {"enterprise", "partner"}
    assert [code.is_required(kind) for kind in ("enterprise", "partner", "person", None)] == [
        *(True, True),
        *(False, False),
    ]


def test_sealing_can_be_changed_as_a_whole_or_by_customer_type(own: Schema) -> None:
    assert named(own, "mobile").sealed_group("person") is None
    assert [named(own, "email").sealed_group(kind) for kind in ("person", "partner", "enterprise", None)] == [
        *("private", "contact"),
        *(None, None),
    ]


def test_a_field_inside_a_map_can_be_added(own: Schema) -> None:
    names = [inner.name for inner in named(own, "contacts").fields]

    assert names[names.index("title") + 1] == "department"


def test_words_can_be_added_between_relabelled_and_removed(own: Schema) -> None:
    stages = own.vocabularies["stage"]

    assert [word.name for word in stages[3:6]] == ["proposal", "trial", "negotiation"]
    assert [word.rank for word in stages] == list(range(len(stages)))
    assert [word.name for word in stages if word.closed] == ["lost", "paused"]
    assert own.word("stage", "报方案") is own.word("stage", "方案报价") is stages[3]
    assert own.word("stage", "流失") is None
    assert own.vocabularies["kind"] == SCHEMA.vocabularies["kind"]


def test_a_vault_has_vocabularies_and_units_of_its_own(own: Schema) -> None:
    assert [word.label("zh") for word in own.vocabularies["industry"]] == ["钢铁", "食品"]
    assert (own.unit("打"), own.unit("万")) == (12, 10_000)


def test_words_that_yaml_takes_for_something_else_stay_as_typed(own: Schema) -> None:
    steel = own.word("industry", "on")

    assert steel is not None
    assert steel.aliases == ("NO", "on")
    assert named(own, "no").aliases == ("NO",)


def test_one_label_is_enough(tmp_path: Path) -> None:
    text = "front_matter: {plate: {labels: {zh: 车牌号}, type: text}, car: {labels: {en: Car}, type: text}}"
    (tmp_path / "fields.yaml").write_text(text, encoding="utf-8")

    schema = load_schema(tmp_path)

    assert named(schema, "车牌号").labels == {"en": "plate", "zh": "车牌号"}
    assert named(schema, "car").labels == {"en": "Car", "zh": "Car"}


def test_several_behind_one_stand_as_they_were_written(tmp_path: Path) -> None:
    text = "vocabularies: {stage: {a: {labels: {en: a}, after: lead}, b: {labels: {en: b}, after: lead}}}"
    (tmp_path / "vocabulary.yaml").write_text(text, encoding="utf-8")

    stages = load_schema(tmp_path).vocabularies["stage"]

    assert [word.name for word in stages[:4]] == ["lead", "a", "b", "contact"]


def test_a_customer_type_taken_away_takes_along_what_hung_on_it(tmp_path: Path) -> None:
    text = "vocabularies: {type: {person: {remove: true}}}"
    (tmp_path / "vocabulary.yaml").write_text(text, encoding="utf-8")

    assert named(load_schema(tmp_path), "phone").sealed_group("person") is None


@pytest.mark.parametrize(
    "text",
    ["", "# nothing yet\n", "front_matter:\n", "\ufefffront_matter:\r\ninline:\r\n", "inline: {}\n...\n"],
)
def test_a_file_that_says_nothing_changes_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "fields.yaml").write_text(text, encoding="utf-8", newline="")

    assert load_schema(tmp_path) == SCHEMA


def test_a_missing_folder_or_file_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    for folder in (None, tmp_path, tmp_path / "nowhere", tmp_path / "file"):
        assert load_schema(folder) == SCHEMA


def test_saying_everything_again_changes_nothing(tmp_path: Path) -> None:
    for name in FILES:
        shutil.copy(builtin_schema_dir() / name, tmp_path / name)

    assert load_schema(tmp_path) == SCHEMA


def run(folder: Path, code: str) -> str:
    """What Python prints that knows only the packages in this folder, and those of the environment."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {code}"]
    return subprocess.run(
        command, check=True, capture_output=True, encoding="utf-8", cwd=folder
    ).stdout.strip()


WHERE = "from vault_tool.schema import *; load_schema(); print(ascii(str(builtin_schema_dir())))"


def test_a_checkout_has_the_schema_beside_the_package_and_a_wheel_inside_it(tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "vault_tool", tmp_path / "vault_tool")
    shutil.copytree(REPOSITORY / "schema", tmp_path / "schema")
    assert run(tmp_path, WHERE) == ascii(str(tmp_path / "schema"))

    (tmp_path / "schema").rename(tmp_path / "vault_tool" / "_schema")
    assert run(tmp_path, WHERE) == ascii(str(tmp_path / "vault_tool" / "_schema"))


def test_an_installation_without_its_schema_says_so(tmp_path: Path) -> None:
    shutil.copytree(
        REPOSITORY / "vault_tool", tmp_path / "vault_tool", ignore=shutil.ignore_patterns("_schema")
    )

    with pytest.raises(subprocess.CalledProcessError) as failed:
        run(tmp_path, WHERE)

    assert "missing from this installation" in failed.value.stderr


def test_importing_the_schema_imports_no_yaml(tmp_path: Path) -> None:
    code = "import vault_tool.schema; print([name for name in sys.modules if name.startswith('yaml')])"

    assert run(REPOSITORY, code) == "[]"
