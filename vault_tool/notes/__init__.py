"""What a customer note is: parsed with every span, changed by splicing. Pure."""
