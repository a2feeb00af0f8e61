"""What models made of a signal, and what a policy concluded from it."""
