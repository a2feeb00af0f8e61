"""Holds what every process shares (ids, envelope, topics, payloads, lifecycles, roles), and no I/O.

Nothing here reads a clock or draws a random number either: callers pass time and entropy in.
"""
