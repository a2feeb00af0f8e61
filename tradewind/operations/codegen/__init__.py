"""Writes what is generated from the contracts: schemas, TypeScript, pages, diagrams."""
