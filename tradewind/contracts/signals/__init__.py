"""A signal: an idea that came in, what was known of the market, and what became of it."""
