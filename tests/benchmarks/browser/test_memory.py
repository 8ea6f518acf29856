"""Memory of processes, as Linux counts it."""

import os
import subprocess
import sys

from benchmarks.browser import memory

ROLLUP = """\
55e0c0a3b000-7ffd1c5d9000 ---p 00000000 00:00 0    [rollup]
Rss:              100000 kB
Pss:               60000 kB
Shared_Clean:      30000 kB
Private_Clean:      5000 kB
Private_Dirty:     45000 kB
Swap:                  0 kB
"""


def test_private_memory_is_clean_and_dirty():
    assert memory.parsed(ROLLUP) == memory.Memory(resident=102.4, private=51.2)


def test_a_process_started_here_is_a_descendant():
    command = [sys.executable, "-c", "import subprocess, sys; print(1, flush=True); sys.stdin.read()", "a b"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.read(1) == b"1"
        assert child.pid in memory.descendants(os.getpid())
        assert child.pid not in memory.descendants(child.pid)
        assert memory.command_line(child.pid).endswith(" a b ")
        assert memory.name_of(child.pid) != ""
        assert memory.memory_of(child.pid).resident > 1
        child.communicate()
    assert memory.command_line(child.pid) == ""
