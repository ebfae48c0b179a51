"""`vault` and `python -m vault_tool`: a warm process answers where there is one, else we do the work."""

import os

from vault_tool.watch.client import answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> "NoReturn":
    """Run the program for this process, and end it with the command's exit status."""
    status = answer()
    if status is not None:
        # All is said, and by writes of our own: tidying up would take as long as asking.
        os._exit(status)
    import gc

    # Modules and notes are many small objects and hardly a cycle: looking for cycles less often saves a fifth
    # of a lint, and some of every start.
    gc.set_threshold(50_000, 20, 20)
    from vault_tool.cli.main import main as work

    work()


if __name__ == "__main__":
    main()
