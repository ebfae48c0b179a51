"""What was written here goes to the others, what they wrote comes here, and nothing of either is lost."""
