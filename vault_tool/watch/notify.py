"""A word on the desktop, for a watcher that nobody looks at."""

from __future__ import annotations

import html
import subprocess
from contextlib import suppress

_TITLE = "vault"
_SECONDS = 3.0


def notify(platform: str, text: str) -> None:
    """Show a text on the desktop; where there is none, nothing happens."""
    if command := notify_command(platform, text):
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=_SECONDS)


def notify_command(platform: str, text: str) -> list[str]:
    """Return the command that shows a text, none where we know of none."""
    if platform == "darwin":
        # The text is an argument of the script: nothing in it can be a part of it.
        script = ["on run argv", f'display notification (item 1 of argv) with title "{_TITLE}"', "end run"]
        return ["osascript", *(word for line in script for word in ("-e", line)), "--", text]
    if platform.startswith("linux"):
        # Some desktops read markup in it.
        return ["notify-send", f"--app-name={_TITLE}", "--", _TITLE, html.escape(text, quote=False)]
    return []
