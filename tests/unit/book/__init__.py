"""Holds the tests of the book's pure parts."""
