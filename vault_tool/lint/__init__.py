"""The linter: what is wrong in a note, where, and how to mend it without harm."""
