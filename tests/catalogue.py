"""The Chinese catalogue against the code: `python -m tests.catalogue` takes in what is new, `--check` tells.

Messages are what is marked in the package, the manuals of the rules, and click's own.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from vault_tool.lint.rules import manual_messages
from vault_tool.messages import LOCALE_DIR

PACKAGE = Path(__file__).parent.parent / "vault_tool"
PO = LOCALE_DIR / "zh_CN" / "LC_MESSAGES" / "vault.po"

# By hand: a header with dates and versions would change with every run.
HEADER = r"""# Vault Tool in Simplified Chinese. `make messages` keeps it in step with the code.
msgid ""
msgstr ""
"Project-Id-Version: vault-tool\n"
"Language: zh_CN\n"
"Plural-Forms: nplurals=1; plural=0;\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"

"""

MessageId = str | tuple[str, str]


def wanted() -> dict[MessageId, None]:
    """Return every message that a reader may meet, each once."""
    found: dict[MessageId, None] = {}
    for folder in (PACKAGE, Path(click.__file__).parent):
        for path in sorted(folder.rglob("*.py")):
            found.update(dict.fromkeys(marked(path.read_text(encoding="utf-8"))))
    found.update(dict.fromkeys(manual_messages()))
    return found


def marked(source: str) -> Iterator[MessageId]:
    """Yield the messages that a source marks; from the syntax tree, since most tools pass over f-strings."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="_" | "N_"), args=[ast.Constant(value=str(message)), *_others]):
                if message:
                    yield message
            case ast.Call(
                func=ast.Name(id="ngettext"),
                args=[ast.Constant(value=str(singular)), ast.Constant(value=str(plural)), *_others],
            ):
                yield singular, plural


def load() -> Catalog:
    """Return the catalogue as it stands."""
    with PO.open("rb") as file:
        return read_po(file, "zh_CN")


def update() -> None:
    """Take new messages in, untranslated, and drop those that nothing says any more."""
    old = load()
    fresh = Catalog("zh_CN")
    for message in sorted(wanted(), key=str):
        known = old.get(message if isinstance(message, str) else message[0])
        fresh.add(message, known.string if known and known.id == message else "")
    entries = io.BytesIO()
    write_po(entries, fresh, width=100, omit_header=True)
    PO.write_bytes(HEADER.encode() + entries.getvalue())


def problems() -> Iterator[str]:
    """Yield what is wrong with the catalogue, message by message."""
    catalogue = load()
    known = {message.id: message for message in catalogue if message.id}
    messages = wanted()
    manuals = set(manual_messages())
    for wish in messages:
        found = known.get(wish)
        if found is None:
            yield f"not in the catalogue (make messages): {wish!r}"
        elif not all(_strings(found)):
            yield f"not translated: {wish!r}"
        elif found.fuzzy:
            yield f"fuzzy: {wish!r}"
        elif wish not in manuals:
            # A manual is no template: its braces are a note's.
            yield from _placeholder_problems(found)
    yield from (
        f"nothing says this any more (make messages): {each!r}" for each in known.keys() - messages.keys()
    )


def _strings(message: Message) -> tuple[str, ...]:
    strings = message.string or ""
    return (strings,) if isinstance(strings, str) else tuple(strings)


def _placeholder_problems(message: Message) -> Iterator[str]:
    ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    # Chinese has one form for every count: it must do for the plural, which names everything.
    expected = placeholders(ids[-1])
    for string in _strings(message):
        if placeholders(string) != expected:
            yield f"other places than {sorted(expected)}: {string!r}"


def placeholders(text: str) -> set[str]:
    """Return the names of a template's places, `{name}` and `%(name)s` alike."""
    try:
        names = {name for _text, name, _spec, _conversion in Formatter().parse(text) if name is not None}
    except ValueError:
        return set()  # a lone brace: a text that is shown as it is, such as YAML's own words
    return names | set(re.findall(r"%\(\w+\)s", text))


def main() -> None:
    """Update the catalogue, or check it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        update()
        return
    found = list(problems())
    sys.stderr.writelines(f"{problem}\n" for problem in found)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
