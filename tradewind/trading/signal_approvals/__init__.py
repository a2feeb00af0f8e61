"""Signals that wait until a person approves them: what waits, who answered, whose time is over."""
