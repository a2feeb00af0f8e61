"""Every kind of read model: its document, its key, its fold. Pure; no Redis, no SQL of its own."""
