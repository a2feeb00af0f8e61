"""Child processes: how they start, are watched and end, and the file that describes them."""
