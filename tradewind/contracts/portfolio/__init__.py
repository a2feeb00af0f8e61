"""What a portfolio holds and was given, and the histories that tell it."""
