"""Describes the interface: the document that is made of the operations."""
