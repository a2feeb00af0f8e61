"""Asks what other limits would have made of recorded decisions; it records nothing."""
