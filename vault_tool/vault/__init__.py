"""A vault on disk: where it is, what it is set to, what stands in it, and how it is changed."""
