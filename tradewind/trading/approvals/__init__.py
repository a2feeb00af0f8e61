"""Intents that wait until a person approves them: what waits, who answered, what followed."""
