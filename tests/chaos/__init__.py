"""Fault drills: the whole platform under load, faults drawn from a seed, and an outside checker."""
