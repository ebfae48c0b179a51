"""Every mistake in a schema file is a SchemaError at its place; nothing else is ever raised."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_tool.errors import Exit
from vault_tool.schema import FieldType, SchemaError, load_schema
from vault_tool.schema import problems as every_problem
from vault_tool.schema.draft import FIELD_ATTRIBUTES, WORD_ATTRIBUTES

WRONG = sorted((Path(__file__).parent.parent / "cases" / "schema" / "wrong").glob("*.yaml"))
EXPECTED = re.compile(r"# at (?P<line>\d+):(?P<column>\d+) (?P<kind>\w+): (?P<message>.+)")


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.stem)
def test_a_mistake_is_named_with_its_place(case: Path, tmp_path: Path) -> None:
    copy = shutil.copy(case, tmp_path / case.name.partition(".")[2])
    expected = EXPECTED.match(case.read_text(encoding="utf-8"))
    assert expected

    with pytest.raises(SchemaError) as raised:
        load_schema(tmp_path)

    error = raised.value
    assert error.place == (str(copy), int(expected["line"]), int(expected["column"]))
    assert type(error).__name__ == expected["kind"]
    assert str(error).startswith(f"{error.place}: {expected['message']}")
    assert error.exit_code is Exit.UNREADABLE
    assert not re.search(r"{\w*}", error.hint.format(**error.values))


def test_every_kind_of_mistake_has_a_case() -> None:
    kinds = {
        name
        for name, kind in vars(every_problem).items()
        if isinstance(kind, type) and issubclass(kind, SchemaError) and kind is not SchemaError
    }
    shown = {found["kind"] for case in WRONG if (found := EXPECTED.match(case.read_text(encoding="utf-8")))}

    # These can't be shown in a file that a person can read: the tests below have them.
    unreadable = {"FileUnreadable", "FileTooLarge", "NotUtf8", "UnprintableCharacter", "TooDeep"}
    assert shown == kinds - unreadable


@pytest.mark.parametrize(
    ("content", "line", "column", "message"),
    [
        ("inline:\n  车: \n".encode("gb18030"), 2, 3, "the file is not UTF-8"),
        ("inline: {}".encode("utf-16"), 1, 1, "the file is not UTF-8"),
        (b"inline:\n  # \x00\n", 2, 5, "the character U+0000 can't stand"),
        (b"\xef\xbb\xbf\x07", 1, 1, "the character U+0007 can't stand"),
        (b'inline: {"\x1b[31m": {}}', 1, 11, "the character U+001B can't stand"),
        (b'inline: {"\\x1b[31m": {}}', 1, 10, "“\N{REPLACEMENT CHARACTER}[31m” can't be a name"),
        (b"\xef\xbb\xbfinlin:\r\n", 1, 1, "“inlin” is not known here; the nearest is “inline”"),
        (b"# " + b"x" * 5_000_000, 1, 1, "the file is larger than 250000 bytes"),
        (b"[" * 100_000, 1, 17, "nested too deep"),
        (b"- " * 100_000, 1, 33, "nested too deep"),
        (b"inline: {" + b"x" * 900 + b": 1}", 1, 912, "“" + "x" * 199 + "…” needs `key: value`"),
        (b"inline: {a: {type: !!python/object:os.system text}}", 1, 10, "“a” has no label"),
    ],
    ids=lambda value: repr(value[:12]) if isinstance(value, bytes) else "",
)
def test_hostile_content_is_refused_at_its_place(
    tmp_path: Path, content: bytes, line: int, column: int, message: str
) -> None:
    (tmp_path / "fields.yaml").write_bytes(content)

    with pytest.raises(SchemaError) as raised:
        load_schema(tmp_path)

    assert (raised.value.place.line, raised.value.place.column) == (line, column)
    assert message in str(raised.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    pipe, folder, loop = (tmp_path / name for name in ("pipe", "folder", "loop"))
    pipe.mkdir()
    os.mkfifo(pipe / "fields.yaml")
    (folder / "fields.yaml").mkdir(parents=True)
    loop.mkdir()
    (loop / "fields.yaml").symlink_to(loop / "fields.yaml")

    for schema in (pipe, folder, loop):
        with pytest.raises(SchemaError, match=r"fields\.yaml:1:1: the file can't be read: \w+"):
            load_schema(schema)


PIECES = [
    *("front_matter", "inline", "vocabularies", "units", "stage", "name", "plate", "contacts", "万", "成交"),
    *(*FIELD_ATTRIBUTES, *WORD_ATTRIBUTES, *FieldType, "zh", "en", "true", "false", "remove: true", "电话"),
    *(": ", ":\n  ", "\n", "\n  ", "\n    ", "\n      ", "{", "}", "[", "]", ", ", "- ", "#", "'", '"', "|"),
    *("&a ", "*a", "<<", "!", "!!str ", "? ", "%YAML 1.1", "---", "...", "\t", "\ufeff", "\x00", "\x85", ">"),
    *('"\\ud800"', '"\\0"', "~", "1", "\ud7ff", "\U0001f600", "\u2028"),
]
pieces = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
values = st.sampled_from(
    [*FieldType, "stage", "成交", "plate", "", "set", "a\nb", "\x1b", True, False, None, 0, 12]
)
nodes = st.recursive(
    values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(PIECES), inner, max_size=4),
    max_leaves=15,
)
# Near enough to a schema that the compiler is reached, not only the parser.
sections = st.dictionaries(
    st.sampled_from(["front_matter", "inline", "vocabularies", "units"]),
    st.dictionaries(st.sampled_from(["stage", "plate", "contacts", "channel", "万"]), nodes, max_size=3),
    max_size=2,
)
contents = st.binary() | (st.text() | pieces | (nodes | sections).map(json.dumps)).map(
    lambda text: text.encode("utf-8", "surrogatepass")
)


@pytest.mark.parametrize("name", ["fields.yaml", "vocabulary.yaml"])
@settings(max_examples=150)
@given(content=contents)
def test_any_content_is_a_schema_or_a_schema_error(
    tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any-content"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / name).write_bytes(content)

    try:
        schema = load_schema(folder)
    except SchemaError as error:
        assert error.place.path == str(folder / name)
        assert error.place.line >= 1
        assert error.place.column >= 1
        assert f"{error} {error.hint.format(**error.values)}".isprintable()
    else:
        for field in schema.fields:
            assert all(schema.field(spelling) is field for spelling in field.spellings)
