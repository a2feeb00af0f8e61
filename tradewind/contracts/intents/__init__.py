"""What a client wants: the intent, its events, life and document; plans are in `plans`."""
