"""The reference in both READMEs, made from the program itself: `python -m tests.reference [--check]`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from vault_tool import messages
from vault_tool.cli.root import GROUPS, vault
from vault_tool.lint.rules import ALL_RULES
from vault_tool.messages import Language, _
from vault_tool.schema import Field, Schema, load_schema

ROOT = Path(__file__).parent.parent
READMES: dict[Language, Path] = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}
BEGIN = "<!-- reference: made by `make golden`, checked by `make check` -->"
END = "<!-- /reference -->"
NEWLINE = "\n"

WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "commands": "### Commands",
        "command": "| command | what it does | arguments and options |",
        "fields": "### Fields of a customer",
        "field": "| field | in Chinese | also | type | what it holds |",
        "inline": "### Fields of an entry",
        "words": "### Words",
        "word": "| kind | words |",
        "rules": "### Rules",
        "rule": "| code | name | severity | fix | what it checks |",
        "required": "required",
        "sealed": "sealed: {group}",
        "none": "–",
    },
    "zh": {
        "commands": "### 命令",
        "command": "| 命令 | 用途 | 参数与选项 |",
        "fields": "### 客户的字段",
        "field": "| 字段 | 英文名 | 其他写法 | 类型 | 内容 |",
        "inline": "### 记录里的字段",
        "words": "### 词汇",
        "word": "| 类别 | 词 |",
        "rules": "### 规则",
        "rule": "| 代码 | 名称 | 级别 | 修复 | 检查什么 |",
        "required": "必填",
        "sealed": "封存：{group}",
        "none": "–",
    },
}


def reference(language: Language) -> str:
    """Return the reference in one language, as Markdown."""
    before = messages.language()
    messages.use(language)
    try:
        schema = load_schema()
        lines = [
            *_commands(language),
            *_fields(schema, language),
            *_words(schema, language),
            *_rules(language),
        ]
    finally:
        messages.use(before)
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _rule_of(header: str) -> str:
    return "|" + "---|" * (header.count("|") - 1)


def _commands(language: Language) -> Iterator[str]:
    words = WORDS[language]
    yield from (words["commands"], "", words["command"], _rule_of(words["command"]))
    context = click.Context(vault, info_name="vault")
    for _group, listeds in GROUPS:
        for listed in listeds:
            command = vault.get_command(context, listed.name)
            assert command is not None
            yield f"| `vault {listed.name}` | {_cell(_(listed.summary))} | {_cell(_parameters(command))} |"
            for name, inner in sorted(getattr(command, "commands", {}).items()):
                summary = _cell((inner.help or "").partition("\n")[0])
                yield f"| `vault {listed.name} {name}` | {summary} | {_cell(_parameters(inner))} |"
    yield ""


def _parameters(command: click.Command) -> str:
    context = click.Context(command)
    shown = [
        f"`{parameter.make_metavar(context)}`"
        if isinstance(parameter, click.Argument)
        else _option(parameter)
        for parameter in command.get_params(context)
        if not (isinstance(parameter, click.Option) and (parameter.hidden or "--help" in parameter.opts))
    ]
    return " ".join(shown)


def _option(parameter: click.Parameter) -> str:
    return f"`{'/'.join(parameter.opts)}`"


def _fields(schema: Schema, language: Language) -> Iterator[str]:
    words = WORDS[language]
    for title, fields in (("fields", schema.fields), ("inline", schema.inline_fields)):
        yield from (words[title], "", words["field"], _rule_of(words["field"]))
        for field in fields:
            if not field.internal:
                yield _field(field, language, "")
                for inner in field.fields:
                    yield _field(inner, language, f"{field.key(language)} · ")
        yield ""


def _field(field: Field, language: Language, within: str) -> str:
    other: Language = "en" if language == "zh" else "zh"
    shown = {field.key(language), field.key(other)}
    also = ", ".join(alias for alias in field.aliases if alias not in shown)
    notes = [field.help.get(language, "")]
    if field.required:
        notes.append(WORDS[language]["required"])
    if field.group:
        notes.append(WORDS[language]["sealed"].format(group=field.group))
    notes = [note.rstrip(".。") for note in notes if note]
    names = f"{within}`{field.key(language)}` | `{field.key(other)}`"
    return f"| {names} | {_cell(also)} | {field.type.value} | {_cell('; '.join(notes))} |"


def _words(schema: Schema, language: Language) -> Iterator[str]:
    words = WORDS[language]
    yield from (words["words"], "", words["word"], _rule_of(words["word"]))
    for name in ("type", "stage", "importance", "channel", "kind", "status", "currency"):
        field = schema.field(name) or schema.inline_field(name)
        label = field.label(language) if field else name
        listed = ", ".join(f"{word.label('zh')} `{word.name}`" for word in schema.vocabularies[name])
        yield f"| {label} `{name}` | {_cell(listed)} |"
    yield ""


def _rules(language: Language) -> Iterator[str]:
    words = WORDS[language]
    yield from (words["rules"], "", words["rule"], _rule_of(words["rule"]))
    for rule in ALL_RULES:
        fix = rule.fix or words["none"]
        yield f"| {rule.code} | `{rule.name}` | {rule.severity} | {fix} | {_cell(_(rule.manual).partition(NEWLINE)[0])} |"


def with_reference(text: str, language: Language) -> str:
    """Return a README's text with the reference between its marks made anew."""
    before, mark, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"the README needs the marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{reference(language)}\n\n{END}{after}"


def main() -> int:
    """Write both references, or tell which is stale."""
    stale = []
    for language, path in READMES.items():
        text = path.read_text(encoding="utf-8")
        fresh = with_reference(text, language)
        if fresh != text:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(fresh, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.stderr.write(f"Stale reference in {', '.join(stale)}: run `make golden`.\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
