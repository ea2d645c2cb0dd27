-- The catalogue: a cache of vault and journal. `scanpipe reindex` makes it again from these alone.
--
-- States of an accession (column `state`; the queue is: state + not_before):
--
--   accessioned   its bytes are in spool/new/<id>, its number is given          next: recognise
--   recognised    its text is in `page`; access copy and layout are in work/    next: describe
--   described     title, dates, category, retention, sheets are known           next: file
--   filed         published in archive/vault, linked into the cabinet           next: index
--   indexed       found by search                                               next: account
--   accounted     its sheets are in the tallies                                 the end of the line
--
-- A lost work/ takes a recognised or described one back to accessioned (event `returned`). Nothing else goes back.

CREATE TABLE delivery (  -- every file that came: what became of it
    id          TEXT PRIMARY KEY,          -- ULID
    key         TEXT NOT NULL UNIQUE,      -- sha256 over share, raw name, inode, size, mtime, digest: the same file seen again
    department  TEXT NOT NULL,
    name        TEXT NOT NULL,             -- as shown, NFC
    sha256      TEXT,                      -- NULL when refused before it was read
    bytes       INTEGER NOT NULL,
    received    TEXT NOT NULL,             -- ISO moment with offset
    outcome     TEXT NOT NULL CHECK (outcome IN ('accession', 'duplicate', 'rejected')),
    duplicate_of TEXT REFERENCES accession (id),
    reason      TEXT,                      -- message id of a refusal
    params      TEXT                       -- JSON for that message
) STRICT;
CREATE INDEX delivery_by_day ON delivery (department, received);

CREATE TABLE page_file (  -- the files of deliveries that were joined from one file for each page
    key         TEXT PRIMARY KEY,          -- as of a delivery: the same file seen again
    delivery    TEXT NOT NULL REFERENCES delivery (id),
    place       INTEGER NOT NULL,          -- from 1, in the order of the pages
    name        TEXT NOT NULL,             -- as shown, NFC
    sha256      TEXT NOT NULL,
    bytes       INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX page_file_by_delivery ON page_file (delivery, place);

CREATE TABLE accession (
    id          TEXT PRIMARY KEY REFERENCES delivery (id),
    number      TEXT NOT NULL UNIQUE,
    serial      INTEGER NOT NULL UNIQUE,
    fiscal_year INTEGER NOT NULL,          -- of receipt
    department  TEXT NOT NULL,
    name        TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    bytes       INTEGER NOT NULL,
    media_type  TEXT NOT NULL,
    received    TEXT NOT NULL,
    duplex      INTEGER,
    declared    TEXT NOT NULL,             -- JSON object
    state       TEXT NOT NULL DEFAULT 'accessioned',
    started     INTEGER NOT NULL DEFAULT 0,  -- times work began since the last step; committed before the work
    attempts    INTEGER NOT NULL DEFAULT 0,  -- times it failed at this state
    not_before  TEXT,                      -- ISO moment; NULL = now
    last_error  TEXT
) STRICT;
CREATE INDEX accession_queue ON accession (state, not_before) WHERE state <> 'accounted';
CREATE INDEX accession_digest ON accession (department, sha256);

CREATE TABLE recognition (
    accession_id  TEXT PRIMARY KEY REFERENCES accession (id),
    engine        TEXT NOT NULL,
    settings      TEXT NOT NULL,
    access_sha256 TEXT,
    born_digital  INTEGER NOT NULL,
    confidence    REAL,
    flags         TEXT NOT NULL            -- JSON list of codes
) STRICT;

CREATE TABLE page (
    serial      INTEGER NOT NULL,          -- accession.serial: search.db counts pages by it
    number      INTEGER NOT NULL,
    width       INTEGER NOT NULL,
    height      INTEGER NOT NULL,
    dpi         REAL NOT NULL,
    rotation    INTEGER NOT NULL,
    rotation_confidence REAL,
    blank       INTEGER NOT NULL,
    source      TEXT NOT NULL,
    engine      TEXT NOT NULL,
    confidence  REAL,
    text        TEXT NOT NULL,
    PRIMARY KEY (serial, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE description (
    accession_id TEXT PRIMARY KEY REFERENCES accession (id),
    category     TEXT NOT NULL,
    category_name TEXT,
    confidence   REAL NOT NULL,
    title        TEXT,
    kind         TEXT,
    document_number TEXT,
    date         TEXT,
    completed    TEXT NOT NULL,
    fiscal_year  INTEGER NOT NULL,
    period       TEXT,
    expires      TEXT,
    pages        INTEGER NOT NULL,
    blank_pages  INTEGER NOT NULL,
    sides        INTEGER NOT NULL,
    sheets       INTEGER NOT NULL,
    a4_sheets    REAL NOT NULL,
    needs_review INTEGER NOT NULL,
    fact         TEXT NOT NULL             -- JSON of the whole Description, with its evidence
) STRICT;
CREATE INDEX description_review ON description (needs_review) WHERE needs_review = 1;

CREATE TABLE filing (
    accession_id    TEXT PRIMARY KEY REFERENCES accession (id),
    path            TEXT,                  -- in the cabinet, relative to archive/; NULL where not linked
    vault_path      TEXT NOT NULL,
    manifest_sha256 TEXT NOT NULL,
    filed           TEXT NOT NULL
) STRICT;

CREATE TABLE event (  -- the journal's lines, row by row
    seq          INTEGER PRIMARY KEY,
    at           TEXT NOT NULL,
    kind         TEXT NOT NULL,
    accession_id TEXT,
    actor        TEXT NOT NULL,
    data         TEXT NOT NULL,            -- JSON object
    prev         TEXT NOT NULL,
    hash         TEXT NOT NULL
) STRICT;
CREATE INDEX event_by_accession ON event (accession_id, seq);

CREATE TABLE tally (  -- ledger B by day: A4 sheets
    day         TEXT NOT NULL,
    fiscal_year INTEGER NOT NULL,
    department  TEXT NOT NULL,
    category    TEXT NOT NULL,
    digitised   REAL NOT NULL DEFAULT 0,
    cleared     REAL NOT NULL DEFAULT 0,
    removed     REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (day, department, category)
) STRICT, WITHOUT ROWID;

CREATE TABLE tally_mark (  -- what is in the tallies, and with how much
    accession_id TEXT PRIMARY KEY REFERENCES accession (id),
    day          TEXT NOT NULL,
    department   TEXT NOT NULL,
    category     TEXT NOT NULL,
    digitised    REAL NOT NULL
) STRICT;

CREATE TABLE sequence (  -- running numbers by fiscal year of receipt
    fiscal_year INTEGER PRIMARY KEY,
    last        INTEGER NOT NULL
) STRICT;

CREATE TABLE paused (  -- stages at rest because a place is at fault
    stage   TEXT PRIMARY KEY,
    since   TEXT NOT NULL,
    reason  TEXT NOT NULL,                 -- message id
    params  TEXT NOT NULL                  -- JSON
) STRICT;

CREATE TABLE lying (  -- what lies in a drop folder and is not taken: shown, never silently skipped
    department TEXT NOT NULL,
    name       TEXT NOT NULL,
    since      TEXT NOT NULL,
    reason     TEXT NOT NULL,
    PRIMARY KEY (department, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE upkeep_run (  -- the timetable's last runs
    job      TEXT PRIMARY KEY,
    started  TEXT NOT NULL,
    finished TEXT,
    outcome  TEXT NOT NULL
) STRICT;

-- Public views (contract): A4 sheets of ledger B for Datasette, BI, spreadsheets.
CREATE VIEW sheets_saved_daily AS
SELECT day, fiscal_year, department, category, digitised, cleared, removed FROM tally;

CREATE VIEW sheets_saved_monthly AS
SELECT substr(day, 1, 7) AS month, fiscal_year, department, category,
       sum(digitised) AS digitised, sum(cleared) AS cleared, sum(removed) AS removed
  FROM tally GROUP BY 1, 2, 3, 4;
