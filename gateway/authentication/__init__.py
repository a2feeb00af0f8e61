"""Finds out whose request it is, and remembers what may be used once; keys are made elsewhere."""
