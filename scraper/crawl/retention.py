"""Retention of raw pages."""

from datetime import UTC, datetime, timedelta

from scraper.crawl.store import Store


def drop_old_bodies(store: Store, keep_days: int) -> int:
    """Delete raw answers that were last confirmed more than `keep_days` days ago and return how many.

    Their products stay in the outputs. The next run fetches these addresses again, in full, because it needs them to
    make its outputs.
    """
    before = (datetime.now(UTC) - timedelta(days=keep_days)).isoformat(timespec="seconds")
    old = store.bodies_before(before)
    for url in old:
        store.drop_body(url)
    return len(old)
