"""How a command describes itself: examples first, in the reader's language, columns that line up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click

from vault_tool.cli.width import pad, width, wrap
from vault_tool.messages import N_, _

_WIDEST_TERM = 28

# What stands for a value in the help of a command: click makes some of these of an argument's name.
_STAND_INS = frozenset(
    {
        N_("ADDRESS"),
        N_("ARGS"),
        N_("COMMAND"),
        N_("CUSTOMER"),
        N_("DATE"),
        N_("DAY WORDS"),
        N_("DAY"),
        N_("DIR"),
        N_("FIELD"),
        N_("FILE"),
        N_("GROUP"),
        N_("KEY"),
        N_("NAME"),
        N_("NEW NAME"),
        N_("OPTIONS"),
        N_("PATH"),
        N_("PERSON"),
        N_("QUERY"),
        N_("RANGE"),
        N_("ROLE"),
        N_("RULES"),
        N_("TEXT"),
        N_("TYPE"),
        N_("VALUE"),
        N_("WHO"),
    }
)
_HELP_OPTION = {"help_option_names": ["-h", "--help"]}


class Formatter(click.HelpFormatter):
    """Click's formatter, measuring by columns on a terminal instead of by characters."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the usage line."""
        usage = _("Usage:") if prefix is None else prefix.rstrip()
        # A full-width colon brings its own gap.
        head = f"{usage}{'' if usage.endswith('：') else ' '}{prog} "
        lines = wrap(args, self.width - width(head)) or [""]
        self.write((head + lines[0]).rstrip() + "\n")
        for line in lines[1:]:
            self.write(" " * width(head) + line + "\n")

    def write_heading(self, heading: str) -> None:
        """Write a section's name."""
        self.write(" " * self.current_indent + _("{heading}:").format(heading=heading) + "\n")

    def write_text(self, text: str) -> None:
        """Write paragraphs, wrapped."""
        indent = " " * self.current_indent
        paragraphs = [
            "\n".join(indent + line for line in wrap(paragraph, self.width - self.current_indent))
            for paragraph in text.split("\n\n")
        ]
        self.write("\n\n".join(paragraphs) + "\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = _WIDEST_TERM, col_spacing: int = 2
    ) -> None:
        """Write terms and what they mean, in two columns."""
        listed = list(rows)
        column = min(max((width(term) for term, _meaning in listed), default=0), col_max) + col_spacing
        indent = " " * self.current_indent
        for term, meaning in listed:
            lines = wrap(meaning, max(self.width - column - self.current_indent, 20))
            if lines and width(term) <= column - col_spacing:
                self.write(indent + pad(term, column) + lines.pop(0) + "\n")
            else:
                self.write(indent + term + "\n")
            for line in lines:
                self.write(indent + " " * column + line + "\n")


class Context(click.Context):
    """Click's context with our formatter."""

    formatter_class = Formatter


def said_stand_ins(text: str) -> str:
    """Return what stands for values (`[CUSTOMER]...`) in the reader's language."""

    def said(found: re.Match[str]) -> str:
        return _(found[0]) if found[0] in _STAND_INS else found[0]

    return re.sub(r"[A-Z]+( [A-Z]+)*", said, text)


class _Translated:
    """Something of click's whose help is a message id, translated when it is shown."""

    @property
    def help(self) -> str | None:
        """The help in the reader's language."""
        return _(self._help) if self._help else None

    @help.setter
    def help(self, message: str | None) -> None:
        self._help = message


class Option(_Translated, click.Option):
    """An option with a translated help."""

    def make_metavar(self, ctx: click.Context) -> str:
        """Return what stands for its value."""
        return said_stand_ins(super().make_metavar(ctx))


class Argument(_Translated, click.Argument):
    """An argument with a translated help, where it has one."""

    def make_metavar(self, ctx: click.Context) -> str:
        """Return what stands for it."""
        return said_stand_ins(super().make_metavar(ctx))


class Command(_Translated, click.Command):
    """A command whose texts are message ids, translated when they are shown."""

    context_class = Context

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        self.examples = tuple(examples)
        super().__init__(*args, **kwargs)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return what may stand behind the command."""
        return [said_stand_ins(piece) for piece in super().collect_usage_pieces(ctx)]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write usage, what it does, examples, options."""
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        write_examples(formatter, self.examples)
        self.format_arguments(ctx, formatter)
        self.format_options(ctx, formatter)


class Group(Command, click.Group):
    """A command with commands of its own."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write usage, what it does, examples, its commands, options."""
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        write_examples(formatter, self.examples)
        self.format_commands(ctx, formatter)
        click.Command.format_options(self, ctx, formatter)


def write_examples(formatter: click.HelpFormatter, examples: Sequence[str]) -> None:
    """Write the examples of a command as they would be typed."""
    if not examples:
        return
    with formatter.section(_("Examples")):
        for example in examples:
            formatter.write(" " * formatter.current_indent + _(example) + "\n")


def command(
    name: str, *, help: str, examples: Sequence[str] = (), cls: type[Command] = Command, **settings: Any
) -> Callable[[Callable[..., object]], Command]:
    """Make a function the command of this name; `help` is marked with `N_`, as are its options' helps."""
    settings.setdefault("context_settings", _HELP_OPTION)
    return click.command(name, cls=cls, help=help, examples=examples, **settings)


def group(
    name: str, *, help: str, examples: Sequence[str] = (), cls: type[Group] = Group, **settings: Any
) -> Callable[[Callable[..., object]], Group]:
    """Make a function the command of this name that has commands of its own, and runs before them."""
    settings.setdefault("context_settings", _HELP_OPTION)
    return click.command(name, cls=cls, help=help, examples=examples, invoke_without_command=True, **settings)


def option(*names: str, **settings: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`click.option` with a translated help."""
    return click.option(*names, cls=Option, **settings)


def argument(*names: str, **settings: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`click.argument` with a translated help."""
    return click.argument(*names, cls=Argument, **settings)
