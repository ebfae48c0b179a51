"""Sealed values: nobody without a group's key can read them, in git, in a backup, or in a cache."""
