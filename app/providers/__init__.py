"""The outside world: whom we ask for money and send words through, one file each. Nothing else talks to strangers.

A provider is told what it needs and answers in types of its own; it writes no rows and knows no order.
"""
