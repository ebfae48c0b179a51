"""One module per engine, each the one door to its package."""
