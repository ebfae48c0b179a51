"""Find what was written: follows the catalog, answers queries."""
