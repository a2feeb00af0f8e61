"""Profiles a platform under paper flows: what each role's CPU goes to."""
