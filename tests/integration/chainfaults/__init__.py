"""Tests of orchestrators on a faulty dev chain; those without faults are in `devchain`."""
