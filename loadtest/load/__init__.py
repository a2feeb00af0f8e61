"""Puts a platform under the load of many users, and says what it carries."""
