"""The formats that people have, recognised by what is in a file, never by its name."""
