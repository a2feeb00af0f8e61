"""Puts the decisions on a trade into the payloads that the roles would publish."""
