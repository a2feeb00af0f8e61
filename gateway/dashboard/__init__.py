"""Serves the dashboard: a folder of files that were built, and one page where there is none."""
