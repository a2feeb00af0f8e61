"""Generates schemas, TypeScript, pages and diagrams from contracts, which are defined elsewhere."""
