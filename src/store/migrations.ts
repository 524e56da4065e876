/**
 * The database's shape, as steps: a file at version n runs the steps from n on, each in one transaction, and PRAGMA
 * user_version counts them. A step that was released is never edited; what changes is a new step.
 */

export const MIGRATIONS: readonly string[] = [
  // 1: what operators did, what was observed, and the journal of both.
  `
  CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE node (
    name TEXT PRIMARY KEY,
    a TEXT NOT NULL,            -- JSON array of texts
    aaaa TEXT NOT NULL,
    site TEXT,
    weight INTEGER NOT NULL,
    pools TEXT NOT NULL,        -- JSON array of names
    added_by TEXT NOT NULL,
    added_ms INTEGER NOT NULL,
    lease_ms INTEGER,
    lease_until_ms INTEGER
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE intent (
    node TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    reason TEXT,
    author TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    until_ms INTEGER
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE weight (node TEXT PRIMARY KEY, weight INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE standby (pool TEXT PRIMARY KEY, joined INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE mark (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE token (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    scope TEXT NOT NULL,        -- JSON
    hash TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires_ms INTEGER
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE health (
    node TEXT NOT NULL,
    "check" TEXT NOT NULL,
    health TEXT NOT NULL,
    since_ms REAL NOT NULL,
    bad_ms REAL NOT NULL,
    flaps REAL NOT NULL,
    flaps_at_ms REAL NOT NULL,
    more TEXT NOT NULL,
    PRIMARY KEY (node, "check")
  ) STRICT, WITHOUT ROWID;

  -- AUTOINCREMENT: an id is never used twice, also after pruning; Last-Event-ID relies on it.
  CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    action TEXT NOT NULL,
    node TEXT,
    pool TEXT,
    author TEXT NOT NULL,
    source TEXT NOT NULL,
    reason TEXT,
    before TEXT,
    after TEXT,
    message TEXT NOT NULL
  ) STRICT;
  CREATE INDEX journal_by_time ON journal (at_ms);
  -- The id is the last column of every index: each gives its entries in the order in which they were written.
  CREATE INDEX journal_by_node ON journal (node) WHERE node IS NOT NULL;
  CREATE INDEX journal_by_pool ON journal (pool) WHERE pool IS NOT NULL;
  CREATE INDEX journal_by_kind ON journal (kind);
  -- Nearly all is by the server itself; an index of that would only cost.
  CREATE INDEX journal_by_author ON journal (author) WHERE author <> 'meridian';
  `,
  // 2: the history of probes: a block of results of one (node, check), packed.
  `
  CREATE TABLE probe_block (
    id INTEGER PRIMARY KEY,
    node TEXT NOT NULL,
    "check" TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    results INTEGER NOT NULL,
    packed BLOB NOT NULL
  ) STRICT;
  CREATE INDEX probe_block_by_time ON probe_block (to_ms);
  CREATE INDEX probe_block_by_node ON probe_block (node, "check", from_ms);
  `,
  // 3: zones that are kept here instead of in a file: a row a record.
  `
  CREATE TABLE zone (
    name TEXT PRIMARY KEY,
    grants TEXT NOT NULL,       -- JSON: what which key may update
    author TEXT NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE zone_record (
    zone TEXT NOT NULL,
    owner BLOB NOT NULL,        -- wire form, lower case
    type INTEGER NOT NULL,
    rdata BLOB NOT NULL,
    ttl INTEGER NOT NULL,
    PRIMARY KEY (zone, owner, type, rdata)
  ) STRICT, WITHOUT ROWID;
  `,
  // 4: what a pool remembers over a restart: its last good set, whom it keeps and why, what the load made of it.
  `
  CREATE TABLE pool_memory (
    pool TEXT PRIMARY KEY,
    more TEXT NOT NULL          -- JSON
  ) STRICT, WITHOUT ROWID;
  `,
]
