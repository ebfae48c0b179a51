from __future__ import annotations

import subprocess
import sys

import pytest

from tests.catalogue import marked, placeholders, problems
from vault_tool import messages
from vault_tool.messages import choose_language


def test_every_message_has_its_chinese():
    assert list(problems()) == []


@pytest.mark.parametrize(
    ("env", "language"),
    [
        ({}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW.UTF-8"}, "zh"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "", "VAULT_NOTES_LANG": "en"}, "en"),
        ({"LANG": "C", "VAULT_NOTES_LANG": "zh"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_nearest_variable_names_the_language(env: dict[str, str], language: str):
    assert choose_language(env) == language


def test_the_language_can_change_within_a_process():
    messages.use("zh")
    chinese = messages._("Show this message and exit.")
    messages.use("en")

    assert (chinese, messages._("Show this message and exit.")) == (
        "显示本帮助并退出。",
        "Show this message and exit.",
    )


def test_an_unknown_message_is_said_as_it_stands():
    messages.use("zh")

    assert messages._("Nobody translated this.") == "Nobody translated this."


def test_the_empty_message_stays_empty():
    messages.use("zh")

    # In a catalogue the empty id stands for its header.
    assert messages._("") == ""


def test_messages_are_found_wherever_they_are_marked():
    source = """print(_("a" "b"), f"{_('c')}", N_("d"), ngettext("e", "es", 2), _(variable), _(""))"""

    assert set(marked(source)) == {"ab", "c", "d", ("e", "es")}


def test_the_places_of_both_kinds_of_template_are_seen():
    assert placeholders("{path}: {count:>3} %(prog)s {{seal}}") == {"path", "count", "%(prog)s"}


def test_the_language_is_not_left_in_the_environment_of_children():
    code = (
        "import os; before = dict(os.environ)\n"
        "from vault_tool.cli.main import run\n"
        "run(['--version'], {**before, 'VAULT_NOTES_LANG': 'zh'})\n"
        "assert dict(os.environ) == before"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
