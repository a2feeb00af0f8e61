"""Holds an intent's plan, its limits, events and lifecycle; its execution is in `execution`."""
