"""The command line: one file per command; it translates, and thinks nowhere."""
