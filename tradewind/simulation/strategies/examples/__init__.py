"""Strategies that come with the platform, to read and to copy."""
