from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_tool.errors import Exit, VaultError
from vault_tool.vault.settings import (
    NotAVault,
    NotThere,
    NoVault,
    Person,
    Settings,
    SettingsError,
    find_root,
    load_settings,
)
from vault_tool.vault.settings_read import parse_settings

PATH = Path("vault.toml")
MINIMAL = 'id = "v7k2m9qx"\n'

FULL = """\
version  = 1
id       = "v7k2m9qx"
language = "zh"
currency = "CNY"
customers = ["customers/**/*.md", "老客户/*.md"]

[people."li.na"]
name    = "李娜"
aliases = ["娜姐"]
email   = "li.na@example.com"

[people.wang]
name = "王磊"

[entries]
order = "oldest-first"

[review]
vip = 30

[queries]
老客户 = "stage:active last:>60d"

[lint]
as_of = 2026-11-20
select = ["FM", "CL"]
ignore = ["CC003"]
complaint_days = 3

[lint.severity]
CC001 = "error"

[lint.per-file-ignores]
"archive/**" = ["TM"]

[lint.limits]
entry_units = 300

[search]
engine = "whoosh"

[search.synonyms]
折扣 = ["优惠", "打折", "个点"]

[sync]
auto = true

[watch]
notify = true

[sealing]
after = "5m"

[books]
anything = ["goes", "here"]
"""
FULL = FULL.replace("\n老客户 =", '\n"老客户" =').replace("\n折扣 =", '\n"折扣" =')


def parsed(text: str) -> Settings:
    return parse_settings(text, PATH)


def refused(text: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        parsed(text)
    assert caught.value.exit_code is Exit.UNREADABLE
    return caught.value


def test_every_section_of_the_format_is_read():
    settings = parsed(FULL)

    assert (settings.version, settings.id, settings.language, settings.currency) == (
        1,
        "v7k2m9qx",
        "zh",
        "CNY",
    )
    assert settings.customers == ("customers/**/*.md", "老客户/*.md")
    assert settings.people == (
        Person("li.na", "李娜", ("娜姐",), "li.na@example.com"),
        Person("wang", "王磊"),
    )
    assert settings.order == "oldest-first"
    assert settings.review == {"vip": 30, "key": 90, "normal": 180}
    assert settings.queries == {"老客户": "stage:active last:>60d"}
    assert settings.lint.as_of == date(2026, 11, 20)
    assert settings.lint.select == ("FM", "CL")
    assert settings.lint.ignore == ("CC003",)
    assert settings.lint.complaint_days == 3
    assert settings.lint.severity == {"CC001": "error"}
    assert settings.lint.per_file_ignores == {"archive/**": ("TM",)}
    assert settings.lint.limits["entry_units"] == 300
    assert settings.lint.limits["sentence_units"] == 40
    assert settings.search.engine == "whoosh"
    assert settings.search.synonyms == {"折扣": ("优惠", "打折", "个点")}
    assert settings.sync.auto == "10m"
    assert settings.watch.notify is True
    assert settings.sealing.after == "5m"
    assert not settings.read_only
    assert settings.warnings == ()


def test_an_id_is_all_that_is_needed():
    settings = parsed(MINIMAL)

    assert settings == Settings(id="v7k2m9qx")
    assert settings.customers == ("customers/**/*.md",)


def test_a_vault_without_an_id_says_so():
    assert str(refused("version = 1\n")) == "vault.toml: the setting `id` is missing."


@pytest.mark.parametrize(
    ("text", "line", "key", "nearest"),
    [
        (MINIMAL + 'langage = "zh"\n', 2, "langage", "language"),
        (MINIMAL + "\n[lint]\nselct = []\n", 4, "lint.selct", "select"),
        (MINIMAL + '\n[people."li.na"]\nemial = "x"\n', 4, 'people."li.na".emial', "email"),
        (MINIMAL + "[lnt]\nas_of = 2026-01-01\n", 2, "lnt", "lint"),
        (MINIMAL + "lint = { limits = { entry_unit = 3 } }\n", 2, "lint.limits.entry_unit", "entry_units"),
    ],
)
def test_an_unknown_key_is_named_with_its_line_and_the_nearest_known_one(
    text: str, line: int, key: str, nearest: str
):
    error = refused(text)

    assert str(error) == f"vault.toml:{line}: unknown setting `{key}`."
    assert error.hint.format(**error.values) == f"Did you mean `{nearest}`?"


def test_an_unknown_key_like_no_other_comes_with_the_known_ones():
    error = refused(MINIMAL + "[entries]\nxyzzy = 1\n")

    assert error.hint.format(**error.values) == "Known here: order."


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("currency = 5", "`currency` must be a text in quotes"),
        ('customers = "x"', "`customers` must be a list of texts"),
        ("customers = [1]", "`customers` must be a list of texts"),
        ('customers = ["../other/*.md"]', "`customers` must name files within the vault"),
        ('customers = ["/etc/*.md"]', "`customers` must name files within the vault"),
        ('language = "fr"', "`language` must be one of en, zh"),
        ("entries = 5", "`entries` must be a section"),
        ('entries.order = "up"', "`entries.order` must be one of newest-first, oldest-first"),
        ("review.vip = 0", "`review.vip` must be a whole number of at least 1"),
        ("review.vip = true", "`review.vip` must be a whole number of at least 1"),
        ("lint.as_of = 2026-01-01T10:00:00", "`lint.as_of` must be a date"),
        ('lint.as_of = "2026-02-30"', "`lint.as_of` must be a date"),
        ('sync.auto = "yes"', "`sync.auto` must be true, false or a span of time"),
        ('sync.auto = "0m"', "`sync.auto` must be true, false or a span of time"),
        ("sync.auto = 10", "`sync.auto` must be true, false or a span of time"),
        ('sealing.after = "soon"', "`sealing.after` must be a span of time"),
        ('people."li na".name = "x"', "a person's id has no spaces"),
        ("people.li = 5", "`people.li` must be a section"),
        ("queries.x = 5", "`queries.x` must be a text"),
        ("version = 0", "`version` must be a whole number of at least 1"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_its_line(line: str, says: str):
    error = refused(MINIMAL + line + "\n")

    assert str(error).startswith("vault.toml:2: ")
    assert says in str(error)


@pytest.mark.parametrize(
    ("said", "means"),
    [("", ""), ("sync.auto = false", ""), ("sync.auto = true", "10m"), ('sync.auto = "90s"', "90s")],
)
def test_how_often_the_watcher_shares(said: str, means: str):
    assert parsed(MINIMAL + said + "\n").sync.auto == means


def test_a_day_may_stand_in_quotes():
    assert parsed(MINIMAL + 'lint.as_of = "2026-11-20"').lint.as_of == date(2026, 11, 20)


def test_a_hyphen_in_a_key_is_as_good_as_an_underscore():
    text = MINIMAL + "[lint]\nas-of = 2026-11-20\n[lint.per_file_ignores]\na = ['FM']\n"

    assert parsed(text).lint.as_of == date(2026, 11, 20)
    assert parsed(text).lint.per_file_ignores == {"a": ("FM",)}


def test_names_that_differ_in_a_hyphen_are_two():
    text = MINIMAL + "[queries]\na-b = 'x'\na_b = 'y'\n"

    assert parsed(text).queries == {"a-b": "x", "a_b": "y"}


# --- people


@pytest.mark.parametrize("spelling", ["li.na", "@li.na", "李娜", "@李娜", "＠娜姐", " LI.NA ", "ｌｉ．ｎａ"])
def test_a_person_is_one_by_whatever_spelling(spelling: str):
    person = parsed(FULL).person(spelling)

    assert person is not None
    assert person.id == "li.na"


@pytest.mark.parametrize("spelling", ["", "@", "nobody", "li"])
def test_a_stranger_is_nobody(spelling: str):
    assert parsed(FULL).person(spelling) is None


def test_one_spelling_for_two_people_is_refused():
    error = refused(MINIMAL + '[people.a]\nname = "李娜"\n[people.b]\nname = "Li Na"\naliases = ["李娜"]\n')

    assert str(error) == "vault.toml:4: `李娜` is the name of two people: a and b."


# --- versions


NEWER = 'version = 2\nid = "v1"\nlanguage = ["zh", "en"]\nflavour = "x"\n[lint]\nbrand_new = 1\n'


def test_a_vault_of_a_newer_version_is_read_only_and_only_warns():
    settings = parsed(NEWER)

    assert settings.read_only
    assert settings.language == "en"
    said = [str(warning) for warning in settings.warnings]
    assert "format version 2; this program knows version 1" in said[0]
    assert any("`flavour`" in text for text in said)
    assert any("`lint.brand_new`" in text for text in said)
    assert any("`language`" in text for text in said)


# --- finding a vault


def test_a_vault_is_found_from_within(root: Path):
    inner = root / "customers" / "east"
    inner.mkdir()

    assert find_root(inner, {}) == root


def test_a_folder_given_goes_before_the_environment_and_that_before_the_working_folder(tmp_path: Path):
    for name in ("here", "there", "given"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "vault.toml").touch()
    env = {"VAULT_NOTES_DIR": str(tmp_path / "there")}

    assert find_root(tmp_path / "here", {}) == tmp_path / "here"
    assert find_root(tmp_path / "here", env) == tmp_path / "there"
    assert find_root(tmp_path / "here", env, Path("../given")) == tmp_path / "given"


def test_no_vault_anywhere_tells_how_to_make_one(tmp_path: Path):
    with pytest.raises(NoVault) as refused:
        find_root(tmp_path, {})

    assert "vault init" in refused.value.hint
    assert refused.value.exit_code is Exit.UNREADABLE


def test_a_folder_within_the_vault_may_be_named_too(root: Path, tmp_path: Path):
    (root / "customers" / "华东").mkdir()
    (tmp_path / "link").symlink_to(root / "customers")

    for named in ("vault", "vault/customers", "vault/customers/华东", "link", "vault/customers/.."):
        assert find_root(tmp_path, {}, Path(named)) == root
        assert find_root(tmp_path, {"VAULT_NOTES_DIR": named}) == root


def test_a_folder_that_was_named_must_be_in_a_vault(root: Path, tmp_path: Path):
    (tmp_path / "empty").mkdir()

    with pytest.raises(NotAVault) as refused:
        find_root(root, {}, Path("../empty"))
    assert refused.value.values == {"path": tmp_path / "empty"}
    with pytest.raises(NotAVault):
        find_root(root, {"VAULT_NOTES_DIR": "../empty"})


@pytest.mark.parametrize("named", ["missing", "file"])
def test_what_was_named_and_is_no_folder_is_not_passed_over_for_the_vault_above(root: Path, named: str):
    (root / "file").touch()

    with pytest.raises(NotThere):
        find_root(root, {}, Path(named))
    with pytest.raises(NotThere):
        find_root(root, {"VAULT_NOTES_DIR": named})


def test_an_empty_variable_names_no_folder(root: Path):
    assert find_root(root, {"VAULT_NOTES_DIR": ""}) == root


def test_settings_are_loaded_from_the_root(root: Path):
    assert load_settings(root).id == "v7k2m9qx"


@given(st.text())
def test_whatever_stands_in_the_file_the_answer_is_settings_or_an_error_of_ours(text: str):
    try:
        parsed(text)
    except VaultError as error:
        assert str(error)


WORDS = st.sampled_from(
    ["id", "people", "lint", "limits", "a", "x", "version", "queries", "customers", "review"]
)
VALUES = st.recursive(
    st.one_of(st.just(1), st.just("zh"), st.just(True), st.just([]), st.just(["a"])),
    lambda inner: st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


def written(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{key} = {written(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(written(item) for item in value) + "]"
    return repr(value).replace("'", '"')


@given(st.dictionaries(WORDS, VALUES))
def test_whatever_is_set_the_answer_is_settings_or_an_error_with_a_line(values: dict[str, object]):
    text = "".join(f"{key} = {written(value)}\n" for key, value in values.items())
    try:
        parsed(text)
    except SettingsError as error:
        assert error.values["path"] == PATH
        if error.values.get("key") != "id":
            assert 1 <= int(str(error.values["line"])) <= len(values)
