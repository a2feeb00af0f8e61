"""Tokens, pairs and pools as the platform knows them, and what of them decisions referred to."""
