"""Takes in signals: from keys, from hooks that sign nothing, and from producers at the broker."""
