"""`make bench`: what Passline costs, measured beside a floor or a peer in the same run, and printed as a table.

Nothing here asserts a time: machines differ, ratios tell. One file per question.
"""
