"""Holds the events, failure reasons and lifecycle of a plan's steps; the plan is in `plans`."""
