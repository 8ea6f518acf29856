-- Every change of an item makes a new row with a new label; the old row stays as a tombstone, so that workers that
-- follow `seq` learn of it. A label is therefore never reused for other content: an index that still holds an old
-- label can at worst find something that is then dropped.
CREATE TABLE items (
  label INTEGER PRIMARY KEY AUTOINCREMENT,
  seq INTEGER NOT NULL UNIQUE,
  shop TEXT NOT NULL,
  item_id TEXT NOT NULL,
  product BLOB,
  card BLOB,
  rating_count INTEGER NOT NULL DEFAULT 0,
  embedding BLOB,
  space TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  embedding_key TEXT NOT NULL,
  has_image INTEGER NOT NULL DEFAULT 0,
  deleted INTEGER NOT NULL DEFAULT 0,
  changed_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX live_items ON items (shop, item_id) WHERE deleted = 0;
CREATE INDEX tombstones ON items (changed_at) WHERE deleted = 1;
CREATE TABLE shops (shop TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counters VALUES ('seq', 0), ('purged_seq', 0);
