"""Customer notes as plain text: searched, linted, sealed and synced."""

# No import here, not even of `annotations`: every command pays for it, the fastest most of all.
__version__ = "0.1.0"
