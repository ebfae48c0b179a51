"""Messages in the reader's language, by gettext: English in the code, Simplified Chinese in `locale/`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gettext import NullTranslations
    from typing import Literal, TypeAlias

Language: TypeAlias = 'Literal["en", "zh"]'
LANGUAGES: tuple[Language, ...] = ("en", "zh")

DOMAIN = "vault"
LOCALE_DIR = Path(__file__).parent / "locale"

_language: Language = "en"


class Message(str):
    """A text that is translated where it is shown; any other text is shown as it is."""

    __slots__ = ()


def N_(message: str) -> Message:  # noqa: N802 - gettext's own name for "mark now, translate later"
    """Mark a message for the catalogue; it is translated where it is shown."""
    return Message(message)


def _(message: str) -> str:
    """Translate a message into the language in use."""
    # The empty msgid is the catalogue's own header.
    return message if _language == "en" or not message else _chinese().gettext(message)


def render(message: str, values: Mapping[str, object]) -> str:
    """Translate a message and fill in its values; values that are messages are translated too."""
    filled = {name: _(value) if isinstance(value, Message) else value for name, value in values.items()}
    return _(message).format(**filled)


def ngettext(msgid1: str, msgid2: str, n: int) -> str:
    """Translate a message that counts something."""
    if _language == "en":
        return msgid1 if n == 1 else msgid2
    return _chinese().ngettext(msgid1, msgid2, n)


def language() -> Language:
    """Return the language in use."""
    return _language


def choose_language(env: Mapping[str, str]) -> Language:
    """Read the reader's language from the environment; what names no Chinese is English."""
    for name in ("VAULT_NOTES_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := env.get(name, ""):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def use(chosen: Language) -> None:
    """Show messages in this language from now on."""
    global _language
    _language = chosen


@cache
def _chinese() -> NullTranslations:
    """Load the translations, when the first message is shown: many runs show none."""
    import gettext

    return gettext.translation(DOMAIN, LOCALE_DIR, languages=["zh_CN"], fallback=True)
