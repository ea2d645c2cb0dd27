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
--   disposed      destroyed or handed to the archives: a tombstone is left       the end of its life
--
-- A lost work/ takes a recognised or described one back to accessioned (event `returned`). A correction (event `corrected`) takes a filed one back to
-- described: its cabinet link and its index entry follow the new facts. Nothing else goes back. Only an accounted one is ever disposed of.

CREATE TABLE delivery (  -- every file that came: what became of it
    id          TEXT PRIMARY KEY,          -- ULID
    key         TEXT NOT NULL UNIQUE,      -- sha256 over share, raw name, inode, size, mtime, digest: the same file seen again
    department  TEXT NOT NULL,
    name        TEXT NOT NULL,             -- as shown, NFC
    sha256      TEXT,                      -- NULL when refused before it was read
    bytes       INTEGER NOT NULL,
    received    TEXT NOT NULL,             -- ISO moment with offset
    outcome     TEXT NOT NULL CHECK (outcome IN ('accession', 'duplicate', 'rejected')),
    own_scan    INTEGER NOT NULL,          -- 1 = became a record as it came; 0 = did not, or is a part of a batch or made by merging
    duplicate_of TEXT REFERENCES accession (id),
    reason      TEXT,                      -- message id of a refusal
    params      TEXT                       -- JSON for that message
) STRICT;
CREATE INDEX delivery_by_day ON delivery (department, received, outcome, own_scan);  -- what is counted of deliveries is counted from it alone

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
CREATE INDEX accession_queue ON accession (state, not_before) WHERE state <> 'accounted' AND state <> 'disposed';
CREATE INDEX accession_disposed ON accession (id) WHERE state = 'disposed';
CREATE INDEX accession_digest ON accession (department, sha256);
CREATE INDEX accession_batch ON accession (declared ->> '$.batch') WHERE declared ->> '$.batch' IS NOT NULL;

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
    sizes        TEXT NOT NULL,            -- JSON object: sheets by the size of their paper
    needs_review INTEGER NOT NULL,
    restricted   INTEGER,                  -- 1 = only for people with a grant; NULL = its category alone decides
    proof_only   INTEGER NOT NULL,         -- 1 = a batch, or what was merged: bytes to prove others by
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

CREATE TABLE correction (  -- what people changed of a record; its rows are meta/000N.json in the record folder
    accession_id TEXT NOT NULL REFERENCES accession (id),
    number       INTEGER NOT NULL,         -- from 1
    at           TEXT NOT NULL,
    by           TEXT NOT NULL,
    reason       TEXT NOT NULL,
    changes      TEXT NOT NULL,            -- JSON object: new values by name
    undoes       INTEGER,
    fact         TEXT NOT NULL,            -- JSON of the whole Correction
    PRIMARY KEY (accession_id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX correction_replaces ON correction (changes ->> '$.replaces') WHERE changes ->> '$.replaces' IS NOT NULL;

CREATE TABLE hold (  -- what keeps records from disposal (domain §2.4); its rows are the events `held`, `hold_ended` and `hold_voided`
    id          TEXT PRIMARY KEY,          -- ULID
    kind        TEXT NOT NULL,
    reason      TEXT NOT NULL,
    reference   TEXT NOT NULL,
    by          TEXT NOT NULL,
    at          TEXT NOT NULL,
    since       TEXT NOT NULL,
    until       TEXT,
    until_event TEXT,
    query       TEXT,                      -- the search that found its records
    standing    INTEGER NOT NULL,          -- 1 = the next three columns hold records that come later, too; NULL in one = any
    department  TEXT,
    category    TEXT,
    fiscal_year INTEGER,                   -- of completion
    ended       TEXT,                      -- the day of the decision; NULL = not entered yet
    ended_by    TEXT,
    end_reason  TEXT NOT NULL DEFAULT '',
    voided      TEXT,                      -- the day on which somebody said that it was entered by mistake
    voided_by   TEXT,
    void_reason TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE hold_record (  -- records that a hold names
    hold_id      TEXT NOT NULL REFERENCES hold (id),
    accession_id TEXT NOT NULL REFERENCES accession (id),
    PRIMARY KEY (accession_id, hold_id)
) STRICT, WITHOUT ROWID;

CREATE VIEW held_record AS  -- all records that a hold keeps or kept: named, or caught by its standing filter; a void one keeps none
SELECT hold_id, accession_id FROM hold_record JOIN hold ON hold.id = hold_id WHERE voided IS NULL
 UNION
SELECT h.id, a.id
  FROM hold h JOIN accession a ON h.department IS NULL OR h.department = a.department
  LEFT JOIN description d ON d.accession_id = a.id
 WHERE h.voided IS NULL AND h.standing = 1 AND (h.category IS NULL OR h.category = d.category) AND (h.fiscal_year IS NULL OR h.fiscal_year = d.fiscal_year);

CREATE TABLE disposal (  -- lists of records to destroy or to hand to the archives (domain §2.5); acts are JSON of core/disposing/disposals.py: Act
    id          TEXT PRIMARY KEY,          -- ULID
    number      TEXT NOT NULL UNIQUE,      -- D2026-001
    fiscal_year INTEGER NOT NULL,          -- of proposal
    kind        TEXT NOT NULL CHECK (kind IN ('expired', 'withdrawal')),
    by          TEXT NOT NULL,
    at          TEXT NOT NULL,
    reason      TEXT NOT NULL,
    last        TEXT NOT NULL,
    replaced_by TEXT,
    begun       TEXT,
    bagged      TEXT,
    handed_over TEXT,
    cancelled   TEXT,
    done        TEXT
) STRICT;

CREATE TABLE disposal_entry (
    disposal_id  TEXT NOT NULL REFERENCES disposal (id),
    accession_id TEXT NOT NULL REFERENCES accession (id),
    department   TEXT NOT NULL,            -- that answered for it when it was listed
    action       TEXT,                     -- NULL = not decided yet
    heirs        TEXT NOT NULL,            -- JSON list of numbers: of a batch and the like, those that hold its pages
    state        TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'kept', 'disposed')),
    obstacle     TEXT,                     -- JSON: why it was kept back
    bagged       INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (disposal_id, accession_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX disposal_entry_by_record ON disposal_entry (accession_id);
CREATE INDEX disposal_entry_to_do ON disposal_entry (disposal_id, state, accession_id);

CREATE TABLE disposal_answer (  -- sections that agreed
    disposal_id  TEXT NOT NULL REFERENCES disposal (id),
    department   TEXT NOT NULL,
    act          TEXT NOT NULL,
    PRIMARY KEY (disposal_id, department)
) STRICT, WITHOUT ROWID;

CREATE TABLE disposal_approval (  -- those that stand
    disposal_id  TEXT NOT NULL REFERENCES disposal (id),
    place        INTEGER NOT NULL,         -- from 1
    seq          INTEGER NOT NULL,         -- of its event: what was corrected later was not approved
    act          TEXT NOT NULL,
    PRIMARY KEY (disposal_id, place)
) STRICT, WITHOUT ROWID;

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
CREATE INDEX event_counted ON event (accession_id, seq) WHERE kind = 'accounted';
CREATE INDEX event_of_list ON event (data ->> '$.id') WHERE accession_id IS NULL;
CREATE INDEX event_told ON event (data ->> '$.wish') WHERE kind IN ('viewed', 'account', 'downloaded', 'exported', 'uploaded', 'verified', 'schedule');
CREATE INDEX event_uploaded ON event (data ->> '$.sha256') WHERE kind = 'uploaded';

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

CREATE TABLE tally_month (  -- the same by month, all categories together: what pages and gauges ask for every time
    month       TEXT NOT NULL,             -- 2025-04
    fiscal_year INTEGER NOT NULL,
    department  TEXT NOT NULL,
    digitised   REAL NOT NULL DEFAULT 0,
    cleared     REAL NOT NULL DEFAULT 0,
    removed     REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (month, department)
) STRICT, WITHOUT ROWID;

CREATE TABLE tally_mark (  -- what of a record is in the tallies: where, and with how much
    accession_id TEXT NOT NULL REFERENCES accession (id),
    ledger       TEXT NOT NULL CHECK (ledger IN ('digitised', 'cleared', 'removed')),
    day          TEXT NOT NULL,            -- of receipt; on which its box was cleared; on which the paper left
    department   TEXT NOT NULL,
    category     TEXT NOT NULL,
    sheets       REAL NOT NULL,            -- A4
    PRIMARY KEY (accession_id, ledger)
) STRICT, WITHOUT ROWID;

CREATE TABLE box (  -- the paper originals by the box (domain §2.8)
    number      TEXT PRIMARY KEY,
    department  TEXT NOT NULL,
    status      TEXT NOT NULL,             -- digitised, verified, cleared, approved, destroyed, transferred, returned
    cleared     TEXT,                      -- the days that count in ledger B; removed: NULL also where the paper was only moved
    removed     TEXT,
    fact        TEXT NOT NULL              -- JSON of the whole Box
) STRICT;

CREATE TABLE box_record (  -- which box the paper of a record lies in
    accession_id TEXT PRIMARY KEY REFERENCES accession (id),
    box          TEXT REFERENCES box (number),  -- NULL = a person took it out
    by           TEXT,                     -- who put it there or took it out; NULL = as its cover or companion file says
    at           TEXT NOT NULL,
    failed       TEXT                      -- why it failed the last check; NULL = it did not
) STRICT;
CREATE INDEX box_record_by_box ON box_record (box);
CREATE INDEX accession_declared_box ON accession (declared ->> '$.box') WHERE declared ->> '$.box' IS NOT NULL;

CREATE TABLE box_step (  -- what was done to a box, checks too; its rows are the events of the same kind
    box         TEXT NOT NULL REFERENCES box (number),
    id          TEXT NOT NULL,             -- ULID of the wish
    seq         INTEGER NOT NULL,          -- of its event: clocks may go back
    at          TEXT NOT NULL,
    by          TEXT NOT NULL,
    kind        TEXT NOT NULL,
    fact        TEXT NOT NULL,             -- JSON of the whole Step
    PRIMARY KEY (box, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE device (  -- copiers and printers: where they stood, what took their place (domain §5); its steps are the events `device`
    id          TEXT PRIMARY KEY,
    department  TEXT NOT NULL,             -- where it stands now, or stood last
    since       TEXT NOT NULL,             -- its first day anywhere
    until       TEXT,                      -- its last day; NULL = in use
    replaced_by TEXT,
    fact        TEXT NOT NULL              -- JSON of the whole Device
) STRICT;

CREATE TABLE device_step (
    device      TEXT NOT NULL REFERENCES device (id),
    id          TEXT NOT NULL,             -- ULID of the wish
    at          TEXT NOT NULL,
    by          TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('added', 'set', 'moved', 'ended', 'replaced')),
    reason      TEXT NOT NULL,
    fact        TEXT NOT NULL,             -- JSON of the Device after it
    PRIMARY KEY (device, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE paper_import (  -- files of purchases and counters, and what people entered by hand
    id          TEXT PRIMARY KEY,          -- ULID of the wish
    at          TEXT NOT NULL,
    by          TEXT NOT NULL,
    name        TEXT,                      -- of the file; NULL = by hand
    sha256      TEXT,                      -- of the file
    rows        INTEGER NOT NULL,
    reason      TEXT NOT NULL
) STRICT;

CREATE TABLE paper_row (  -- ledger A's raw counts (contract: never added to ledger B)
    import_id   TEXT NOT NULL REFERENCES paper_import (id),
    place       INTEGER NOT NULL,          -- from 1
    month       TEXT NOT NULL,             -- YYYY-MM
    fiscal_year INTEGER NOT NULL,
    department  TEXT NOT NULL,             -- '*' = the whole city
    source      TEXT NOT NULL CHECK (source IN ('purchase', 'counter', 'estimate')),
    unit        TEXT NOT NULL CHECK (unit IN ('sheet', 'side', 'ream', 'box')),
    quantity    REAL NOT NULL,
    size        TEXT NOT NULL,
    duplex      REAL,
    device      TEXT NOT NULL,             -- '' = not said
    note        TEXT NOT NULL,
    line        INTEGER NOT NULL,          -- of the file; 0 = by hand
    sheets      REAL NOT NULL,             -- A4, by the factors of paper_terms
    superseded_by TEXT REFERENCES paper_import (id),
    PRIMARY KEY (import_id, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX paper_row_in_force ON paper_row (fiscal_year, month, department) WHERE superseded_by IS NULL;

CREATE TABLE month_note (  -- why a month is out of the ordinary; the newest of a month and section holds
    id          TEXT PRIMARY KEY,          -- ULID of the wish
    month       TEXT NOT NULL,
    department  TEXT,                      -- NULL = all sections
    text        TEXT NOT NULL,             -- '' = taken back
    sheets      REAL,                      -- A4 that it took; NULL = not known
    at          TEXT NOT NULL,
    by          TEXT NOT NULL,
    superseded_by TEXT
) STRICT;

CREATE TABLE paper_terms (  -- factors and base year that the two tables above and below were made with, as the configuration had them
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    base_year   INTEGER,
    fact        TEXT NOT NULL              -- JSON of the whole Terms
) STRICT;

CREATE TABLE paper_month (  -- ledger A by month, made from paper_row, device and paper_terms: A4 sheets
    month       TEXT NOT NULL,
    fiscal_year INTEGER NOT NULL,
    department  TEXT NOT NULL,             -- '*' = the whole city
    base        REAL,                      -- of the same month of the base year
    current     REAL,
    saved       REAL,
    rate        REAL,
    PRIMARY KEY (month, department)
) STRICT, WITHOUT ROWID;

CREATE VIEW on_paper AS  -- records that came on paper: neither born digital nor what only proves others, whose pages are records of their own
SELECT a.id AS accession_id
  FROM accession a LEFT JOIN recognition x ON x.accession_id = a.id LEFT JOIN description d ON d.accession_id = a.id
 WHERE coalesce(x.born_digital, 0) = 0
   AND NOT (a.state = 'disposed' AND EXISTS (SELECT 1 FROM event e WHERE e.accession_id = a.id AND e.kind = 'disposed' AND e.data ->> '$.born_digital'))
   AND (d.accession_id IS NULL OR d.sheets > 0 OR (a.state <> 'disposed' AND NOT d.proof_only));

CREATE TABLE cabinet (  -- the cabinets and shelves of sections (domain §5)
    id          TEXT PRIMARY KEY,          -- its label
    department  TEXT NOT NULL,             -- as entered or moved to; who answers for it today follows from departments.toml
    voided      INTEGER NOT NULL,          -- 1 = it was entered by mistake
    fact        TEXT NOT NULL              -- JSON of the whole Cabinet
) STRICT;

CREATE TABLE cabinet_step (  -- what was done to a cabinet, and what it was then; its rows are the events of the same kind
    cabinet     TEXT NOT NULL REFERENCES cabinet (id),
    id          TEXT NOT NULL,             -- ULID of the wish
    seq         INTEGER NOT NULL,          -- of its event
    day         TEXT NOT NULL,             -- on which it was done; of one cabinet never before the last one
    kind        TEXT NOT NULL,
    department  TEXT NOT NULL,
    fm          REAL NOT NULL,             -- metres of paper that it holds since
    fm_start    REAL NOT NULL,
    freed       REAL NOT NULL,             -- metres that left by this step; below 0 = came; 0 where only a figure or a place changed
    emptied     INTEGER NOT NULL,
    signed_off  INTEGER NOT NULL,
    voided      INTEGER NOT NULL,
    fact        TEXT NOT NULL,             -- JSON of the whole Step
    PRIMARY KEY (cabinet, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE cabinet_photo (  -- photos of cabinets, in archive/photos; its rows are the events of the same name
    cabinet     TEXT NOT NULL REFERENCES cabinet (id),
    sha256      TEXT NOT NULL,
    seq         INTEGER NOT NULL,          -- of its event
    fact        TEXT NOT NULL,             -- JSON of the whole Photo
    PRIMARY KEY (cabinet, sha256)
) STRICT, WITHOUT ROWID;

CREATE TABLE campaign (  -- what offices set out to do between two days; its rows are the events `campaign_begun` and `campaign_ended`
    number      INTEGER PRIMARY KEY,       -- from 1, by which people call it
    id          TEXT NOT NULL UNIQUE,      -- ULID of the wish
    fact        TEXT NOT NULL              -- JSON of the whole Campaign
) STRICT;

CREATE TABLE target (  -- of a section in a campaign, the newest word; its rows are the events `target_set`
    campaign    INTEGER NOT NULL REFERENCES campaign (number),
    department  TEXT NOT NULL,             -- '' = the whole office
    fact        TEXT NOT NULL,             -- JSON of the whole Target
    PRIMARY KEY (campaign, department)
) STRICT, WITHOUT ROWID;

CREATE TABLE advice (  -- what a section was told by the campaign office; its rows are the events `advice_given`
    id          TEXT PRIMARY KEY,          -- ULID of the wish
    day         TEXT NOT NULL,
    department  TEXT NOT NULL,
    fact        TEXT NOT NULL              -- JSON of the whole Advice
) STRICT, WITHOUT ROWID;

CREATE TABLE indicator_import (  -- lists of indicators that were taken in: e-approval rate and the like, never mixed into sheets
    id          TEXT PRIMARY KEY,          -- ULID of the wish
    at          TEXT NOT NULL,
    by          TEXT NOT NULL,
    name        TEXT NOT NULL,             -- of the file
    sha256      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE indicator (  -- one figure of one month; a newer import supersedes what it corrects
    import      TEXT NOT NULL REFERENCES indicator_import (id),
    month       TEXT NOT NULL,             -- 2025-04
    kind        TEXT NOT NULL,
    department  TEXT NOT NULL,             -- '' = the whole office
    fact        TEXT NOT NULL,             -- JSON of the whole Figure
    superseded_by TEXT REFERENCES indicator_import (id),
    PRIMARY KEY (import, month, kind, department)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX indicator_now ON indicator (kind, month, department) WHERE superseded_by IS NULL;

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

CREATE TABLE fixity (  -- when the bytes of each record are compared in the background, and what was wrong the last time
    accession_id TEXT PRIMARY KEY REFERENCES accession (id),
    due          TEXT NOT NULL,            -- UTC, to the second
    checked      TEXT,                     -- UTC; NULL = not yet
    faults       TEXT                      -- JSON list of sentences {template, params}; NULL = as it was filed
) STRICT, WITHOUT ROWID;
CREATE INDEX fixity_by_due ON fixity (due);
CREATE INDEX fixity_with_faults ON fixity (accession_id) WHERE faults IS NOT NULL;

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

-- Ledger A (contract), never added to ledger B. The whole city ('*') only where no section is known, so that sums hold.
CREATE VIEW paper_saved_monthly AS
SELECT month, fiscal_year, department, base, current, saved, rate FROM paper_month m
 WHERE department <> '*' OR NOT EXISTS (SELECT 1 FROM paper_month s WHERE s.month = m.month AND s.department <> '*');

-- Binders (簿冊, domain §2.1): the records of one section, year and category. The year is that of completion; under the rules of the accounting year that
-- one, under those of the calendar year the calendar one (calendar = 1), so that the records of a binder begin their periods on the same day.
CREATE VIEW in_binder AS
SELECT accession_id, department, category, calendar,
       CASE WHEN calendar THEN CAST(substr(completed, 1, 4) AS INTEGER) WHEN rule LIKE 'account%' THEN coalesce(accounting_year, fiscal_year) ELSE fiscal_year END AS year
  FROM (SELECT d.accession_id, a.department, d.category, d.completed, d.fiscal_year, d.fact ->> '$.accounting_year' AS accounting_year,
               d.fact ->> '$.retention.start_rule' AS rule, coalesce(d.fact ->> '$.retention.start_rule' IN ('cy_next_jan1', 'cy_next_apr1'), 0) AS calendar
          FROM description d JOIN accession a ON a.id = d.accession_id JOIN filing f ON f.accession_id = d.accession_id
         WHERE d.category <> 'unclassified' AND a.state <> 'disposed');

CREATE VIEW into_binder AS  -- the event that put a record into its binder: its filing, or the newest correction that moved it from another
SELECT f.accession_id,
       coalesce((SELECT max(e.seq) FROM event e
                  WHERE e.accession_id = f.accession_id AND e.kind = 'corrected'
                    AND (e.data -> '$.correction.changes.category' IS NOT NULL OR e.data -> '$.correction.changes.department' IS NOT NULL
                         OR e.data -> '$.correction.changes.completed' IS NOT NULL OR e.data -> '$.correction.changes.start_rule' IS NOT NULL)),
                (SELECT min(e.seq) FROM event e WHERE e.accession_id = f.accession_id AND e.kind = 'filed')) AS seq
  FROM filing f;

CREATE VIEW binder AS
SELECT b.department, b.year, b.calendar, b.category, max(d.category_name) AS category_name, count(*) AS records,
       sum(d.sheets) AS sheets, min(d.completed) AS first_completed, max(d.completed) AS last_completed
  FROM in_binder b JOIN description d ON d.accession_id = b.accession_id
 GROUP BY b.department, b.year, b.calendar, b.category;
