"""What codes mean, in sentences for people; not in here: who gives which code, and when."""
