"""`vault edit`: a customer in the person's own editor, checked when it was saved."""

from __future__ import annotations
