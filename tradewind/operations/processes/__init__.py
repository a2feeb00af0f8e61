"""Starts, supervises and stops child processes; which servers there are is in `embedded`."""
