"""Readers that ask a running server without pause, each on a connection that it keeps, and note what failed."""

import http.client
import json
import threading
import time

REFUSED = "refused"  # of a connection on which nothing had been answered


class Readers:
    """Threads that ask until they are stopped. `check` gets each answer and returns what is wrong with it, or None.

    bodies: what each reader asks, over and over; some readers open a connection for each request.
    """

    def __init__(self, port, bodies, check=lambda body, status, answer: None if status == 200 else str(answer)):
        self._port, self._check = port, check
        self.failures, self.num_answers = [], 0
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._threads = [
            threading.Thread(target=self._read, args=(body, place % 3 == 2)) for place, body in enumerate(bodies)
        ]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self, count, seconds=120):
        """Wait until so many more answers have come."""
        wanted, deadline = self.num_answers + count, time.monotonic() + seconds
        while self.num_answers < wanted:
            assert time.monotonic() < deadline, "the readers got no answers"
            time.sleep(0.01)

    def _read(self, body, is_new_each_time):
        connection, raw = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60), json.dumps(body)
        while not self._stop.is_set():
            is_first = connection.sock is None
            try:
                connection.request("POST", "/v1/recommendations", raw, {"Content-Type": "application/json"})
                response = connection.getresponse()
                problem = self._check(body, response.status, json.loads(response.read()))
            except (OSError, http.client.HTTPException, ValueError) as error:
                problem = REFUSED if is_first and isinstance(error, ConnectionError) else repr(error)
                connection.close()
            with self._lock:
                self.num_answers += 1
                if problem is not None:
                    self.failures.append(problem)
            if is_new_each_time:
                connection.close()
        connection.close()
