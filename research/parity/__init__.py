"""Compares what was decided and filled with what the same code makes of it; it records nothing."""
