"""What a client wants, and how far it is: the intent, its events, life and document; plans are elsewhere."""
