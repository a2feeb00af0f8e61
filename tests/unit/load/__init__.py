"""Tests of what the load test computes."""
