"""Git around a vault: asked through one door, and set up so that it seals what it is given."""
