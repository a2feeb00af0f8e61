"""Tests of workers, publishers and ordering on a real NATS; no role takes part."""
