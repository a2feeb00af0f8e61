"""What happened to the steps of a plan at a venue: events, reasons and the life of a step."""
