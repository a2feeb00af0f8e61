"""Every kind of read model: its document, key and fold. Pure: no Redis and no SQL in here."""
