"""The outside world: one module for each stranger that we ask, and a simulator of each for the demo and the tests.

A simulator speaks the stranger's own protocol over HTTP, so that nothing of ours knows whether it is there.
`python -m app.providers` serves them all. Nothing here knows the database: what an answer means, domain/ decides.
"""
