"""The queue in front of the encoder: batches, bounds, deadlines and failures, with an encoder that can be held."""

import threading
import time

import numpy as np
import pytest

from encoders.errors import EncodingError
from server.errors import ProblemError
from server.query.encoder_queue import MAX_BATCH, EncoderQueue

WAIT = 60.0


class Held:
    """An encoder that waits for `released` and gives each text's length."""

    def __init__(self):
        self.batches = []
        self.entered, self.released = threading.Semaphore(0), threading.Event()

    def embed(self, texts, pixels):
        self.batches.append(list(texts))
        self.entered.release()
        assert self.released.wait(WAIT)
        if "bad" in texts:
            raise EncodingError("cannot be encoded")
        return np.array([[len(text)] for text in texts], dtype=np.float32)


@pytest.fixture
def held():
    return Held()


@pytest.fixture
def encoder_queue(held):
    made = EncoderQueue(held, max_waiting=20)
    yield made
    held.released.set()
    made.close()


def start(encoder_queue, texts, results):
    def ask(text):
        try:
            results[text] = float(encoder_queue.encode(text, None, time.monotonic() + WAIT)[0])
        except (ProblemError, EncodingError) as error:
            results[text] = error

    threads = [threading.Thread(target=ask, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    return threads


def wait_for_waiting(encoder_queue, count):
    end = time.monotonic() + WAIT
    while encoder_queue._waiting.qsize() < count:
        assert time.monotonic() < end
        time.sleep(0.001)


def test_what_waits_together_is_encoded_together_and_each_gets_its_own(held, encoder_queue):
    results = {}
    threads = start(encoder_queue, ["first"], results)
    held.entered.acquire()
    texts = [f"text {'x' * i}" for i in range(18)]
    threads += start(encoder_queue, texts, results)
    wait_for_waiting(encoder_queue, len(texts))
    held.released.set()
    for thread in threads:
        thread.join()
    assert results == {text: float(len(text)) for text in ["first", *texts]}
    assert [len(batch) for batch in held.batches[1:]] == [MAX_BATCH, 2]


def test_one_more_than_may_wait_is_refused(held, encoder_queue):
    results = {}
    threads = start(encoder_queue, ["first"], results)
    held.entered.acquire()
    threads += start(encoder_queue, [f"{i}" for i in range(20)], results)
    wait_for_waiting(encoder_queue, 20)
    with pytest.raises(ProblemError) as refused:
        encoder_queue.encode("one more", None, time.monotonic() + WAIT)
    assert (refused.value.status, refused.value.code) == (503, "busy")
    held.released.set()
    for thread in threads:
        thread.join()
    assert len(results) == 21


def test_a_deadline_ends_the_wait_and_what_it_left_is_not_encoded(held, encoder_queue):
    results = {}
    threads = start(encoder_queue, ["first"], results)
    held.entered.acquire()
    with pytest.raises(ProblemError) as refused:
        encoder_queue.encode("late", None, time.monotonic() + 0.01)
    assert refused.value.code == "busy"
    held.released.set()
    threads += start(encoder_queue, ["next"], results)
    for thread in threads:
        thread.join()
    assert [text for batch in held.batches for text in batch] == ["first", "next"]


def test_one_that_cannot_be_encoded_fails_alone(held, encoder_queue):
    results = {}
    threads = start(encoder_queue, ["first"], results)
    held.entered.acquire()
    threads += start(encoder_queue, ["good", "bad", "fine"], results)
    wait_for_waiting(encoder_queue, 3)
    held.released.set()
    for thread in threads:
        thread.join()
    assert isinstance(results.pop("bad"), EncodingError)
    assert results == {"first": 5.0, "good": 4.0, "fine": 4.0}
