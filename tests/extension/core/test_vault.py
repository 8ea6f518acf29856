"""The store in Python, from docs/envelope.md alone: the vectors, and tamperings that must not be accepted."""

import json
import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.extension.core.vault_reference import (
    PAGES,
    Content,
    RefusedError,
    Store,
    UnreadableError,
    decode_page,
    decode_root,
    encode_page,
    encode_root,
    fingerprint_of,
    named_id,
    open_envelope,
    open_lock,
    read_store,
)

VECTORS = Path(__file__).resolve().parents[3] / "contracts" / "vectors"
INDEX = json.loads((VECTORS / "index.json").read_text("utf-8"))
LOCKS = json.loads((VECTORS / "wrapped-key.json").read_text("utf-8"))
NUM_TAMPERINGS = int(os.environ.get("CARRYOVER_TAMPERINGS", "500"))
NUM_MIXTURES = -(-NUM_TAMPERINGS // 5)
SEED = 20261129
Truth = dict[str, bytes]


def store_of(profile: dict[str, Any], state: dict[str, Any]) -> Store:
    """Return a state as a database and the note outside it hold it."""
    names = {"profileId": profile["profileId"], "fingerprint": profile["fingerprint"]}
    return Store(
        identity={"format": 2, **names},
        index={name: bytes.fromhex(envelope) for name, envelope in state["index"].items()},
        records=[
            {"id": one["id"], "kind": one["kind"], "envelope": bytes.fromhex(one["envelope"])}
            for one in state["records"]
        ],
        parts={one["id"]: bytes.fromhex(one["envelope"]) for one in state["parts"]},
        marker={"format": 2, **names, "counter": state["counter"]},
    )


def truth_of(state: dict[str, Any]) -> Truth:
    """Return what a state must give, by purpose."""
    records = {f"{one['kind']}/{one['id']}": bytes.fromhex(one["plaintext"]) for one in state["records"]}
    return records | {f"shelf_part/{one['id']}": bytes.fromhex(one["plaintext"]) for one in state["parts"]}


def given_by(content: Content) -> Truth:
    """Return what was read, by purpose."""
    records = {f"{kind}/{record_id}": text for (kind, record_id), text in content.records.items()}
    return records | {f"shelf_part/{part_id}": text for part_id, text in content.parts.items()}


KEYS = [bytes.fromhex(profile["key"]) for profile in INDEX["profiles"]]
MINE, FOREIGN = ([store_of(profile, state) for state in profile["states"]] for profile in INDEX["profiles"])
NEWEST = len(MINE) - 1
TRUTH = truth_of(INDEX["profiles"][0]["states"][NEWEST])


@pytest.mark.parametrize("number", range(len(INDEX["profiles"])))
def test_each_state_gives_its_own_records(number: int) -> None:
    profile = INDEX["profiles"][number]
    assert fingerprint_of(KEYS[number]).hex() == profile["fingerprint"]
    for state in profile["states"]:
        content = read_store(store_of(profile, state), KEYS[number])
        assert (given_by(content), content.num_set_aside) == (truth_of(state), 0)


def test_pages_and_root_are_written_as_they_were_read() -> None:
    profile = INDEX["profiles"][0]
    for name in PAGES:
        plaintext = open_envelope(KEYS[0], MINE[NEWEST].index[name], (profile["profileId"], f"index/{name}"))
        assert encode_page(decode_page(plaintext, name)) == plaintext
    plaintext = open_envelope(KEYS[0], MINE[NEWEST].index["root"], (profile["profileId"], "index/root"))
    assert encode_root(decode_root(plaintext)) == plaintext


def test_named_ids() -> None:
    assert {name: named_id(name) for name in INDEX["namedIds"]} == INDEX["namedIds"]


@pytest.mark.parametrize("case", LOCKS["opens"], ids=lambda case: case["name"])
def test_lock_opens(case: dict[str, Any]) -> None:
    lock = {**case["lock"], "envelope": bytes.fromhex(case["lock"]["envelope"])}
    assert open_lock(lock, case["secret"], case["profileId"], case["fingerprint"]).hex() == case["key"]


@pytest.mark.parametrize("case", LOCKS["refuses"], ids=lambda case: case["name"])
def test_lock_refuses(case: dict[str, Any]) -> None:
    lock = {**case["lock"], "envelope": bytes.fromhex(case["lock"]["envelope"])}
    try:
        # Half a key opens in its envelope, and is refused for its length.
        key = open_lock(lock, case["secret"], case["profileId"], case["fingerprint"])
    except UnreadableError:
        return
    assert len(key) != len(KEYS[0])


def copied(store: Store) -> Store:
    """Return a store whose envelopes may be changed."""
    records = [dict(record) for record in store.records]
    return Store(dict(store.identity or {}), dict(store.index), records, dict(store.parts), dict(store.marker or {}))


class Tamperer:
    """What somebody who can write the files may do, but for the key."""

    def __init__(self, drawn: random.Random) -> None:
        """Take the source of chance."""
        self.drawn = drawn

    def changed(self, envelope: object) -> bytes:
        """Return an envelope with a byte changed, cut or added."""
        content = envelope if isinstance(envelope, bytes) else b""
        at = self.drawn.randrange(len(content) or 1)
        flipped = content[:at] + bytes(byte ^ 1 << self.drawn.randrange(8) for byte in content[at : at + 1])
        return self.drawn.choice((content[:at], content[at:], content + b"\0", flipped + content[at + 1 :]))

    def change_record(self, store: Store) -> None:
        """Change an envelope of a record."""
        record = self.drawn.choice(store.records)
        record["envelope"] = self.changed(record.get("envelope"))

    def change_part(self, store: Store) -> None:
        """Change an envelope of a part."""
        if store.parts:
            part_id = self.drawn.choice(list(store.parts))
            store.parts[part_id] = self.changed(store.parts[part_id])

    def change_index(self, store: Store) -> None:
        """Change a page or the root."""
        name = self.drawn.choice(list(store.index))
        store.index[name] = self.changed(store.index[name])

    def swap(self, store: Store) -> None:
        """Swap the envelopes of two records, and two pages."""
        first, second = (self.drawn.choice(store.records) for _ in range(2))
        first["envelope"], second["envelope"] = second.get("envelope"), first.get("envelope")
        if self.drawn.random() < 1 / 2:
            one, other = (self.drawn.choice(list(store.index)) for _ in range(2))
            store.index[one], store.index[other] = store.index[other], store.index[one]

    def rename(self, store: Store) -> None:
        """Give a record another id, or another kind."""
        record = self.drawn.choice(store.records)
        if self.drawn.random() < 1 / 2:
            record["id"] = self.drawn.choice((self.drawn.choice(store.records).get("id"), "a" * 300, "", None))
        else:
            record["kind"] = self.drawn.choice(("interaction", "settings", "shelf_part", "index", "", None))

    def delete(self, store: Store) -> None:
        """Delete a record, a part or a page."""
        place = self.drawn.randrange(3)
        if place == 0:
            store.records.pop(self.drawn.randrange(len(store.records)))
        elif place == 1 and store.parts:
            store.parts.pop(self.drawn.choice(list(store.parts)))
        else:
            store.index.pop(self.drawn.choice(list(store.index)))

    def put_back(self, store: Store) -> None:
        """Put back a record, a part and a page of an older state."""
        old = self.drawn.choice(MINE[:NEWEST])
        record = self.drawn.choice(old.records)
        store.records = [one for one in store.records if one.get("id") != record["id"]] + [dict(record)]
        if old.parts and self.drawn.random() < 1 / 2:
            part_id = self.drawn.choice(list(old.parts))
            store.parts[part_id] = old.parts[part_id]
        if self.drawn.random() < 1 / 2:
            name = self.drawn.choice(list(old.index))
            store.index[name] = old.index[name]

    def mix(self, store: Store) -> None:
        """Put in something of another profile, or a part as a record."""
        other = FOREIGN[NEWEST]
        store.records.append(dict(self.drawn.choice(other.records)))
        if self.drawn.random() < 1 / 3:
            name = self.drawn.choice(list(other.index))
            store.index[name] = other.index[name]
        if store.parts and self.drawn.random() < 1 / 3:
            part_id = self.drawn.choice(list(store.parts))
            store.records.append({"id": part_id, "kind": "shelf_part", "envelope": store.parts[part_id]})

    def reorder(self, store: Store) -> None:
        """Turn the records around, and plant some that are none."""
        store.records.reverse()
        store.records.append({"id": "b" * 32, "kind": "saved", "envelope": bytes(40)})

    def ways(self) -> list[Callable[[Store], None]]:
        """Return all of them."""
        first = [self.change_record, self.change_part, self.change_index, self.swap, self.rename]
        return [*first, self.delete, self.put_back, self.mix, self.reorder]


def outcome_of(store: Store) -> str:
    """Return how reading a store ends: a code, whole, counted or accepted."""
    try:
        content = read_store(store, KEYS[0])
    except RefusedError as refusal:
        return str(refusal)
    given = given_by(content)
    if any(TRUTH.get(purpose) != text for purpose, text in given.items()):
        return "accepted"
    if len(given) == len(TRUTH):
        return "whole"
    return "counted" if content.num_set_aside else "accepted"


def test_no_tampering_is_accepted() -> None:
    tamperer = Tamperer(random.Random(SEED))
    outcomes: Counter[str] = Counter()
    for _ in range(NUM_TAMPERINGS):
        store = copied(MINE[NEWEST])
        for _ in range(tamperer.drawn.randint(1, 3)):
            tamperer.drawn.choice(tamperer.ways())(store)
        outcomes[outcome_of(store)] += 1
    assert outcomes["accepted"] == 0, dict(outcomes)
    assert outcomes["counted"] > NUM_TAMPERINGS / 4


def test_no_rollback_or_mixture_is_accepted() -> None:
    drawn = random.Random(SEED)
    outcomes: Counter[str] = Counter()

    def some() -> Store:
        return drawn.choice(FOREIGN if drawn.random() < 1 / 5 else MINE)

    for _ in range(NUM_MIXTURES):
        store = copied(some())
        mixes = drawn.random() < 4 / 5
        store.index = {
            name: some().index[name] if mixes and drawn.random() < 1 / 3 else envelope
            for name, envelope in store.index.items()
        }
        store.records += [dict(drawn.choice(some().records)) for _ in range(drawn.randrange(4))]
        store.marker = MINE[NEWEST].marker
        outcomes[outcome_of(store)] += 1
    assert outcomes["accepted"] == 0, dict(outcomes)


def test_database_and_marker_put_back_together_are_not_noticed() -> None:
    old = copied(MINE[NEWEST - 1])
    assert outcome_of(old) == "accepted"
    old.marker = MINE[NEWEST].marker
    assert outcome_of(old) == "store_older"
