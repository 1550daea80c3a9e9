"""The outside world: one module for each stranger that we ask, and a simulator of each for the demo and the tests.

A provider is told what it needs and answers in types of its own; it writes no rows and knows no order. A simulator
speaks the stranger's own protocol over HTTP, so that nothing of ours knows whether it is there; `python -m
app.providers` serves them all.
"""
