"""The platform about itself: dead letters, and why bytes are set aside."""
