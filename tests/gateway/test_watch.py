"""Waiting for a file to be written to."""

import os
import threading
from time import monotonic

import pytest

from gateway import watch
from gateway.watch import Inotify, Ticks


@pytest.fixture
def written(tmp_path):
    """A file that is watched, and the watch."""
    path = tmp_path / "file"
    path.touch()
    waiting = watch.watch(path)
    assert isinstance(waiting, Inotify)
    yield path, waiting
    waiting.close()


def test_it_returns_when_the_file_is_written_to(written):
    path, waiting = written
    writer = threading.Timer(0.05, path.write_text, ["x"])
    writer.start()
    began = monotonic()
    assert waiting.wait(20)
    assert monotonic() - began < 10
    writer.join()


def test_what_was_written_before_it_waits_counts_once(written):
    path, waiting = written
    path.write_text("x")
    path.write_text("y")
    assert waiting.wait(20)
    assert not waiting.wait(0)


def test_it_gives_up_after_its_time(written):
    _, waiting = written
    assert not waiting.wait(0.01)


def test_without_the_kernels_help_it_sleeps_a_little(tmp_path):
    waiting = watch.watch(tmp_path / "is not there")
    assert isinstance(waiting, Ticks)
    began = monotonic()
    assert not waiting.wait(20)
    assert monotonic() - began < 10
    waiting.close()


def test_nothing_is_left_open_when_the_kernel_refuses(tmp_path):
    before = os.listdir("/proc/self/fd")
    with pytest.raises(OSError, match="No such file"):
        Inotify(tmp_path / "is not there")
    assert os.listdir("/proc/self/fd") == before
