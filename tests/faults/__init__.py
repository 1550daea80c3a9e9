"""Faults on purpose: real processes and servers are killed and stopped under load, and every event is counted.

`make faults` runs them all and prints a table; a few quick ones are part of `make test` (test_faults.py).
"""
