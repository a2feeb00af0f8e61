"""Holds what a portfolio is: the book an intent is judged by, and the events of its own history."""
