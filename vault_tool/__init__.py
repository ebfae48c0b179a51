"""Customer notes as plain text: searched, linted, sealed and synced."""

from __future__ import annotations

__version__ = "0.1.0"
