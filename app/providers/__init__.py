"""The outside world: one file for each provider, and nothing else talks to strangers."""
