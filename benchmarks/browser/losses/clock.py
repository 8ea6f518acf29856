"""A clock that is wrong for a while: the worker's time jumps, and comes back."""

from pathlib import Path

from playwright.sync_api import Playwright

from benchmarks.browser.losses.device import SHOP, Acts, Device, running
from kernel.json_object import JsonObject

_DAY_MS = 86_400_000
_STEP_MS = _DAY_MS // 2
JUMPS_IN_DAYS = (1, 2, 3, 7, 30, 90, 365, 730, 1825, 3650)
_SHIFT = """(ms) => {
  globalThis.realNow ??= Date.now.bind(Date);
  Date.now = () => globalThis.realNow() + ms;
}"""


def measure(playwright: Playwright, scratch: Path, extension: Path, num: int) -> JsonObject:
    """Let the clock jump so many times, to and fro, and count what was acknowledged before, meanwhile and after."""
    acts = Acts()
    folder = scratch / "clock"
    jumps = [sign * days for days in JUMPS_IN_DAYS for sign in (1, -1)][:num]
    cases = []
    with running(playwright, folder, extension) as device:
        device.consent(acts, SHOP, allowed=True)
        # Ten days of use, so that a time is trusted (docs/decisions/0029-one-door.md).
        for i in range(20):
            _shift(device, (i - 20) * _STEP_MS)
            device.save(acts, i)
    for i, days in enumerate(jumps):
        with running(playwright, folder, extension) as device:
            at_first = device.look()
            _shift(device, days * _DAY_MS)
            device.save(acts, 100 + 2 * i)
            meanwhile = device.look()
            lost_meanwhile = meanwhile.lost(acts)
            _shift(device, 0)
            device.dismiss(acts, 101 + 2 * i)
            after = device.look()
        told = [seen.told for seen in (at_first, meanwhile, after)]
        case = {"days": days, "told": told, "lostMeanwhile": lost_meanwhile, "lostAfter": after.lost(acts)}
        print(case, flush=True)
        cases.append(case)
    with running(playwright, folder, extension) as device:
        last = device.look()
    return {
        "jumps": cases,
        "acknowledged": len(acts.kept),
        "refused": acts.refused,
        "lost": last.lost(acts),
        "doubled": last.doubled(acts),
        "told": last.told,
    }


def _shift(device: Device, milliseconds: int) -> None:
    """Shift the worker's clock by so much; the next worker has the right time."""
    device.ask("vault.get")
    device.control.context.service_workers[0].evaluate(_SHIFT, milliseconds)
