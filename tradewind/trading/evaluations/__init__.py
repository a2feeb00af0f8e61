"""What models were asked about signals and what they said, and what each may still cost."""
