"""Vendors of models: one server that speaks their protocols, and fails in every way they do."""
