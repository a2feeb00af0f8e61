"""Immutable files of history that back-tests read, and how the formats people have become them."""
