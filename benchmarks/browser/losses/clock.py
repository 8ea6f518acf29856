"""A clock that is wrong for a while: the background's time jumps, and comes back."""

from pathlib import Path

from benchmarks.browser.losses.device import SHOP, Acts, Browser
from kernel.json_object import JsonObject

_DAY_MS = 86_400_000
_STEP_MS = _DAY_MS // 2
JUMPS_IN_DAYS = (1, 2, 3, 7, 30, 90, 365, 730, 1825, 3650)


def measure(browser: Browser, scratch: Path, num: int) -> JsonObject:
    """Let the clock jump so many times, to and fro, and count what was acknowledged before, meanwhile and after."""
    acts = Acts()
    folder = scratch / "clock"
    jumps = [sign * days for days in JUMPS_IN_DAYS for sign in (1, -1)][:num]
    cases = []
    with browser.running(folder) as device:
        device.consent(acts, SHOP, allowed=True)
        # Ten days of use, so that a time is trusted (docs/decisions/0029-one-door.md).
        for i in range(20):
            device.shift_clock((i - 20) * _STEP_MS)
            device.save(acts, i)
    for i, days in enumerate(jumps):
        with browser.running(folder) as device:
            at_first = device.look()
            device.shift_clock(days * _DAY_MS)
            device.save(acts, 100 + 2 * i)
            meanwhile = device.look()
            lost_meanwhile = meanwhile.lost(acts)
            device.shift_clock(0)
            device.dismiss(acts, 101 + 2 * i)
            after = device.look()
        told = [seen.told for seen in (at_first, meanwhile, after)]
        case = {"days": days, "told": told, "lostMeanwhile": lost_meanwhile, "lostAfter": after.lost(acts)}
        print(case, flush=True)
        cases.append(case)
    with browser.running(folder) as device:
        last = device.look()
    return {
        "jumps": cases,
        "acknowledged": len(acts.kept),
        "refused": acts.refused,
        "lost": last.lost(acts),
        "doubled": last.doubled(acts),
        "told": last.told,
    }
