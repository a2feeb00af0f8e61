"""The evaluator: asks every model about an enriched signal and keeps what each one said."""
