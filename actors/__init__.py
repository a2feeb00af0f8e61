"""The roles that process events, a package each, and their venues; no role imports another."""
