"""Tests of the dev chain, and of the venue and the pools on it; faults are in `chainfaults`."""
