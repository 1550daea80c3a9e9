"""The outside world: one file for each provider, with its simulator beside it. Nothing else talks to strangers."""
