"""`vault rule`: what a rule of the linter checks, why, and how to live with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click
from click.shell_completion import CompletionItem

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.help import argument, command, option
from vault_tool.errors import Exit, VaultError
from vault_tool.lint.manual import manual_in
from vault_tool.lint.rule import Rule, Severity
from vault_tool.lint.rules import ALL_RULES
from vault_tool.lint.selection import codes_of
from vault_tool.messages import LANGUAGES, N_, _
from vault_tool.vault.settings import DEFAULT_LIMITS

_SEVERITIES = {Severity.ERROR: N_("error"), Severity.WARNING: N_("warning"), Severity.INFO: N_("info")}
_FIXES = {
    "safe": N_("--fix mends it"),
    "unsafe": N_("--unsafe-fixes mends it"),
    None: N_("a person mends it"),
}


class WhichRule(VaultError):
    """No rule was named."""

    message = N_("Which rule?")
    hint = N_("Name a code (FM005), a name (unknown-field) or a group (FM); --all lists them.")
    exit_code = Exit.USAGE


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [
        CompletionItem(spelling, help=_(rule.summary))
        for rule in ALL_RULES
        for spelling in (rule.code, rule.name)
        if incomplete and spelling.casefold().startswith(incomplete.casefold())
    ]


@command(
    "rule",
    help=N_(
        "Explain a rule of the linter: what it checks, why, a bad and a good example, how it is mended.\n\n"
        "NAME is a code, a name or a group of rules."
    ),
    examples=("vault rule FM005", "vault rule unknown-field", "vault rule --all"),
)
@argument("names", nargs=-1, metavar="[NAME]...", shell_complete=_complete)
@option("--all", "everything", is_flag=True, help=N_("List every rule."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def rule(app: App, names: tuple[str, ...], everything: bool, as_json: bool) -> Exit:
    """Show rules, or list them all."""
    if not names and not everything:
        raise WhichRule
    codes = codes_of(names)
    shown = [each for each in ALL_RULES if everything or each.code in codes]
    if as_json:
        app.out.json({"rules": [_document(each) for each in shown]})
    elif everything:
        app.out.table(
            [_row(app, each) for each in shown], (_("Code"), _("Name"), _("Severity"), _("Fix"), _("Checks"))
        )
    else:
        app.out.lines(_pages(app, shown))
    return Exit.OK


def _pages(app: App, rules: Sequence[Rule]) -> Iterator[str]:
    for number, each in enumerate(rules):
        if number:
            yield ""
        yield app.out.style(f"{each.code} {each.name}", "bold")
        yield _(", ").join(_traits(each))
        yield ""
        yield _(each.manual)
        yield ""
        yield from _settings(each)


def _traits(each: Rule) -> Iterator[str]:
    yield _(_SEVERITIES[each.severity])
    yield _(_FIXES[each.fix])
    if not each.is_default:
        yield _("off unless selected")


def _settings(each: Rule) -> Iterator[str]:
    yield _("In vault.toml:")
    yield "  [lint]"
    yield f'  {"ignore" if each.is_default else "select"} = ["{each.code}"]'
    if each.limits:
        yield "  [lint.limits]"
        yield from (f"  {name} = {DEFAULT_LIMITS.get(name, '...')}" for name in each.limits)
    yield _("In a note: {comment}").format(comment=f"<!-- vault: ignore[{each.code}] ... -->")
    yield _("In its front matter: {comment}").format(comment=f"# vault: ignore[{each.code}] ...")


def _row(app: App, each: Rule) -> tuple[str, ...]:
    fix = "" if each.fix is None else each.fix
    return each.code, each.name, _(_SEVERITIES[each.severity]), fix, _(each.manual).partition("\n")[0]


def _document(each: Rule) -> dict[str, object]:
    manual = _(each.manual)
    manuals = {language: manual_in(each, language) for language in LANGUAGES}
    return {
        "code": each.code,
        "name": each.name,
        "severity": str(each.severity),
        "fix": each.fix,
        "default": each.is_default,
        "limits": {name: DEFAULT_LIMITS.get(name) for name in each.limits},
        "summary": manual.partition("\n")[0],
        "manual": manual,
        "languages": {
            language: {"summary": text.partition("\n")[0], "manual": text}
            for language, text in manuals.items()
        },
    }
