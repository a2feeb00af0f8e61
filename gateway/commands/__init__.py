"""What a client may ask for about an intent beside submitting it: to cancel it, to preview it."""
