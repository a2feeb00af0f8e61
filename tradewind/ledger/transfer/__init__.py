"""Holds the export of histories to a file and their import; `append` still does the writing."""
