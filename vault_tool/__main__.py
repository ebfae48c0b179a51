"""`python -m vault_tool` is `vault`."""

from __future__ import annotations

from vault_tool.cli.main import main

if __name__ == "__main__":
    main()
