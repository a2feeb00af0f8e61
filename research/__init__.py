"""Runs roles offline over recorded history; nothing of the platform imports it."""
