"""What the doctor says against the gateway's refusals."""

from app.doctor import probe
from gateway import refusals


def test_each_mend_is_for_a_refusal_that_there_is():
    assert probe.MENDS.keys() <= {refusal.code for refusal in refusals.ALL}


def test_whoever_may_not_come_in_is_told_how():
    final = {refusal.code for refusal in refusals.ALL if refusal.code in range(1003, 1009)}
    assert final <= probe.MENDS.keys()
