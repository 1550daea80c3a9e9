"""The worker: what happens by the clock and after a commit. One file per background job, work.py for which runs what.

What is due within seconds (an order that nobody accepted, an access that ran out) is looked for once a second by
deadlines.py, in rows of our own. So are jobs (app/domain/jobs.py), which Huey's threads then run, in two queues, and
the schedule: nothing is lost when the worker is killed or a queue is emptied, it is only late.
"""
