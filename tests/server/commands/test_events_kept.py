"""Events of a running server: kept by whichever worker, also past its end by force, once each."""

import os
import signal

from running import call, children, stop, wait_until
from shelf import SHELF

from server.encoding.bundle import load_bundle
from server.events.database import Events


def test_what_was_answered_outlives_a_worker_that_is_killed(serve, tiny_bundle, tmp_path):
    port, process = serve("--workers", "2")
    space = load_bundle(tiny_bundle).space
    items = [{"itemId": SHELF[0]["itemId"], "position": 0}]
    body = {"shop": "harbor.example", "mode": "own", "space": space, "kind": "impression", "items": items}
    for number in range(40):
        if number == 20:
            workers = [pid for pid, command in children(process.pid).items() if "apply_writes" not in command]
            os.kill(workers[0], signal.SIGKILL)
        event = {**body, "screen": f"{number:032x}"}
        # An event that was not answered is offered again; one that was kept all the same counts once.
        wait_until(lambda event=event: call(port, "/v1/events", event)[0] == 204)
    stop(process)
    events = Events(tmp_path / "data")
    (sums,) = events.sums()
    assert (sums.screens, sums.impressions) == (40, 40)
    events.close()
