"""Images decoded apart: the same arrays, in bounded memory, whatever a file does to its process."""

import io
import os
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from encoders.errors import ImageError
from encoders.image_process import ImageProcesses
from encoders.pixels import decode_image, to_pixels
from kernel.paths import ROOT

RULE = {
    "size": 16, "resize": 16, "interpolation": "bilinear",
    "mean": [0.5, 0.4, 0.3], "std": [0.5, 0.6, 0.7],
}  # fmt: skip


def encoded(size=(40, 30), mode="RGB", kind="PNG", seed=1):
    levels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], len(mode)), dtype=np.uint8)
    body = io.BytesIO()
    Image.fromarray(levels, mode).save(body, kind)
    return body.getvalue()


def flat(size, shade):
    body = io.BytesIO()
    Image.new("RGBA", size, (shade, 0, 0, 128)).save(body, "PNG")
    return body.getvalue()


@pytest.fixture
def processes():
    started = []

    def start(count=1, max_pixels=10_000, **options):
        made = ImageProcesses(RULE, max_pixels, count, **options)
        started.append(made)
        return made

    yield start
    for one in started:
        one.close()


@pytest.mark.parametrize(("mode", "kind"), [("RGB", "JPEG"), ("RGBA", "PNG"), ("RGBA", "WEBP")])
def test_arrays_are_those_of_decoding_here(processes, mode, kind):
    raw = encoded(mode=mode, kind=kind)
    expected = to_pixels(decode_image(raw, 10_000), RULE)
    assert np.array_equal(processes().decode(raw), expected)


@pytest.mark.parametrize("raw", [b"", b"GIF89a", encoded()[:200], encoded((200, 100))])
def test_what_is_not_an_image_within_the_limits_says_why(processes, raw):
    apart = processes()
    with pytest.raises(ImageError) as apart_says:
        apart.decode(raw)
    with pytest.raises(ImageError) as here_says:
        decode_image(raw, 10_000)
    without_address = [re.sub("0x[0-9a-f]+", "", str(said.value)) for said in (apart_says, here_says)]
    assert without_address[0] == without_address[1]
    assert apart.decode(encoded()).shape == (3, 16, 16)


def test_an_image_that_needs_more_memory_is_unusable_and_the_next_is_not(processes):
    apart = processes(max_pixels=40_000_000, num_bytes=120 * 2**20)
    with pytest.raises(ImageError):
        apart.decode(flat((6000, 6000), 0))
    assert apart.decode(encoded()).shape == (3, 16, 16)


def test_a_process_that_ends_makes_one_image_unusable(processes):
    apart = processes()
    apart.decode(encoded())
    (pid,) = apart.pids()
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(ImageError, match="ended its process"):
        apart.decode(encoded())
    assert apart.decode(encoded()).shape == (3, 16, 16)
    assert apart.pids() != {pid}


def test_a_process_that_does_not_answer_is_ended(processes):
    apart = processes(seconds=20)
    apart.decode(encoded())
    (pid,) = apart.pids()
    apart._seconds = 0.2
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(ImageError, match="in time"):
        apart.decode(encoded())
    assert pid not in apart.pids()


def test_no_more_processes_run_than_were_allowed(processes):
    apart = processes(count=2)
    seen, lock = set(), threading.Lock()

    def decode(seed):
        pixels = apart.decode(encoded(seed=seed))
        with lock:
            seen.update(apart.pids())
        return pixels

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(decode, range(40)))
    assert len(seen) <= 2
    for seed in (0, 17, 39):
        assert np.array_equal(found[seed], to_pixels(decode_image(encoded(seed=seed), 10_000), RULE))


SCRIPT = """
import resource, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from encoders.image_process import ImageProcesses
rule = {"size": 16, "resize": 16, "interpolation": "bilinear", "mean": [0, 0, 0], "std": [1, 1, 1]}
apart = ImageProcesses(rule, 40_000_000, 2)
with ThreadPoolExecutor(8) as pool:
    shapes = [one.shape for one in pool.map(apart.decode, [Path(name).read_bytes() for name in sys.argv[1:]])]
apart.close()
assert shapes == [(3, 16, 16)] * 4, shapes
# What getrusage says of this process includes what its parent had when it was forked.
own = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(int(own.split()[1]) // 1024, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


def test_large_images_of_small_files_take_bounded_memory(tmp_path):
    """Four RGBA images of 36 megapixels at once; in threads they took 700 MB each, in the process that asked."""
    files = []
    for i in range(4):
        files.append(tmp_path / f"{i}.png")
        files[i].write_bytes(flat((6000, 6000), i))
        assert files[i].stat().st_size < 200_000
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, files)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    own_mb, child_mb = map(int, done.stdout.split())
    assert own_mb < 300
    assert child_mb < 600  # the largest of them
