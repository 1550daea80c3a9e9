"""The worker: what happens by the clock. One file per background job, and the one list of schedules (schedule.py).

What is due within seconds (an order that nobody accepted, an access that ran out) is looked for once a second by
deadlines.py, in rows of our own: nothing is lost when the worker is killed, it is only late. Huey runs the rest.
"""
