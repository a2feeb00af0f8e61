"""Holds the tests of the book on a real database, a real broker and a real coordinator."""
