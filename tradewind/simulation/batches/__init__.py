"""Orders that are traded in the extension, many in one call, and told in columns."""
