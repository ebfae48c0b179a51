"""What a command's help says of its arguments, in the reader's language."""

from __future__ import annotations

import re
from importlib import import_module

import click
import pytest

from vault_tool.cli import help as helping
from vault_tool.cli.root import COMMANDS

# The same to everybody.
PLAIN = {"N", "ID", "HH", "MM"}


def every_command() -> dict[str, click.Command]:
    """Return all commands, those of groups too, by what is typed."""
    found = {name: getattr(import_module(listed.module), name) for name, listed in COMMANDS.items()}
    for name, command in list(found.items()):
        if isinstance(command, click.Group):
            found |= {f"{name} {inner}": one for inner, one in command.commands.items()}
    return found


def test_all_that_stands_for_a_value_is_said_in_the_readers_language(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(helping, "_", lambda text: f"<{text.lower()}>")
    left = {}

    for name, command in every_command().items():
        ctx = click.Context(command, info_name=name)
        pieces = command.collect_usage_pieces(ctx)
        pieces += [
            param.make_metavar(ctx)
            for param in command.params
            if not (isinstance(param, click.Option) and (param.is_flag or param.hidden))
        ]
        if said := [piece for piece in pieces if set(re.findall(r"[A-Z]+", piece)) - PLAIN]:
            left[name] = said

    assert left == {}
    assert helping.said_stand_ins("[COMMAND] [ARGS]... NEW NAME, FIELD=VALUE, VIP") == (
        "[<command>] [<args>]... <new name>, <field>=<value>, VIP"
    )
