"""The watcher: keeps catalog and index fresh while people write, and says what it finds."""
