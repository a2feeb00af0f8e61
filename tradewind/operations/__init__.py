"""Setting up, running and looking after the platform; nothing in here decides about money."""
