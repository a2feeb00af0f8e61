"""Holds the queries on recorded histories and the parsing of their rows; nothing here writes."""
