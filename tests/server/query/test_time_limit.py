"""A statement that runs past a search's deadline is ended; the connection stays usable."""

import sqlite3
import time

import pytest

from server.errors import ProblemError
from server.query.time_limit import time_limit

COUNT = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT count(*) FROM n"


def test_a_statement_past_the_deadline_is_ended_and_the_next_is_not():
    db = sqlite3.connect(":memory:")
    with pytest.raises(ProblemError) as refused, time_limit(db, time.monotonic() - 1):
        db.execute(COUNT).fetchall()
    assert (refused.value.status, refused.value.code) == (503, "busy")
    assert db.execute(COUNT).fetchone() == (200_000,)
    with time_limit(db, time.monotonic() + 600):
        assert db.execute(COUNT).fetchone() == (200_000,)


def test_other_failures_stay_what_they_are():
    db = sqlite3.connect(":memory:")
    with pytest.raises(sqlite3.OperationalError), time_limit(db, time.monotonic() + 600):
        db.execute("SELECT * FROM nowhere")
