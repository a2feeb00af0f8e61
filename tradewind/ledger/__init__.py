"""Holds the event store in PostgreSQL (append, history, transfer, upkeep); it folds nothing."""
