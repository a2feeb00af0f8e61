"""Limits in YAML that operators apply: read, resolved by scope, compared, kept by version."""
