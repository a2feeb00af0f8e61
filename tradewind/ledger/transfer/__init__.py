"""Carries histories to another machine as a file, and takes them in there."""
