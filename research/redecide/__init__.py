"""Repeats recorded decisions with today's code and reports differences; it records nothing."""
