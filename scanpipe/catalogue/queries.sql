-- name: add_delivery
INSERT INTO delivery ( id,  key,  department,  name,  sha256,  bytes,  received,  outcome,  duplicate_of,  reason,  params)
VALUES               (:id, :key, :department, :name, :sha256, :bytes, :received, :outcome, :duplicate_of, :reason, :params);

-- name: add_page_file
INSERT INTO page_file ( key,  delivery,  place,  name,  sha256,  bytes)
VALUES                (:key, :delivery, :place, :name, :sha256, :bytes);

-- name: page_files
SELECT name, sha256, bytes FROM page_file WHERE delivery = :delivery ORDER BY place;

-- name: delivery_by_key
-- place: of a page file among those that it was joined with.
SELECT delivery.*, NULL AS place FROM delivery WHERE key = :key
 UNION ALL
SELECT delivery.*, page_file.place FROM page_file JOIN delivery ON delivery.id = page_file.delivery WHERE page_file.key = :key;

-- name: delivered
-- name and sha256 of a delivery, or of its page file at this place.
SELECT name, sha256 FROM delivery WHERE id = :id AND :place IS NULL
 UNION ALL
SELECT name, sha256 FROM page_file WHERE delivery = :id AND place = :place;

-- name: same_bytes
-- The record of this section that has these bytes already.
SELECT id, number FROM accession WHERE department = :department AND sha256 = :sha256 ORDER BY serial LIMIT 1;

-- name: last_number
SELECT last FROM sequence WHERE fiscal_year = :fiscal_year;

-- name: set_last_number
INSERT INTO sequence (fiscal_year, last) VALUES (:fiscal_year, :last)
    ON CONFLICT (fiscal_year) DO UPDATE SET last = max(last, excluded.last);

-- name: add_accession
INSERT INTO accession ( id,  number,  serial,  fiscal_year,  department,  name,  sha256,  bytes,  media_type,  received,  duplex,  declared)
VALUES                (:id, :number, :serial, :fiscal_year, :department, :name, :sha256, :bytes, :media_type, :received, :duplex, :declared);

-- name: move
-- One step along the line; no row when another writer was first.
UPDATE accession SET state = :to, started = 0, attempts = 0, not_before = NULL, last_error = NULL
 WHERE id = :id AND state = :from;

-- name: begin_work
UPDATE accession SET started = started + 1 WHERE id = :id AND state = :state;

-- name: end_work
-- The daemon stops in order: this start does not count.
UPDATE accession SET started = max(started - 1, 0) WHERE id = :id;

-- name: failed
UPDATE accession SET started = 0, attempts = attempts + 1, not_before = :not_before, last_error = :error WHERE id = :id AND state = :state;

-- name: defer
-- The place is at fault, not the scan: no attempt is spent.
UPDATE accession SET started = 0, not_before = :not_before, last_error = :error WHERE id = :id AND state = :state;

-- name: retry
UPDATE accession SET started = 0, attempts = 0, not_before = NULL WHERE id = :id AND state <> 'accounted';

-- name: due
-- What a stage may begin now: of each section its `most` first ones. Small before large, but what came before `old` keeps its order of arrival.
SELECT id, department, started, attempts FROM (
    SELECT id, department, bytes, serial, started, attempts,
           row_number() OVER (PARTITION BY department ORDER BY received >= :old, iif(received < :old, serial, bytes), serial) AS place
      FROM accession
     WHERE state = :state AND (not_before IS NULL OR not_before <= :now))
 WHERE place <= :most
 ORDER BY place, serial;

-- name: accession
SELECT * FROM accession WHERE id = :id;

-- name: unfiled
SELECT * FROM accession WHERE state IN ('accessioned', 'recognised', 'described') ORDER BY serial;

-- name: put_recognition
INSERT OR REPLACE INTO recognition ( accession_id,  engine,  settings,  access_sha256,  born_digital,  confidence,  flags)
VALUES                             (:accession_id, :engine, :settings, :access_sha256, :born_digital, :confidence, :flags);

-- name: drop_pages
DELETE FROM page WHERE serial = :serial;

-- name: add_page
INSERT INTO page ( serial,  number,  width,  height,  dpi,  rotation,  rotation_confidence,  blank,  source,  engine,  confidence,  text)
VALUES           (:serial, :number, :width, :height, :dpi, :rotation, :rotation_confidence, :blank, :source, :engine, :confidence, :text);

-- name: put_description
INSERT OR REPLACE INTO description ( accession_id,  category,  category_name,  confidence,  title,  kind,  document_number,  date,  completed,  fiscal_year,
                                     period,  expires,  pages,  blank_pages,  sides,  sheets,  a4_sheets,  needs_review,  fact)
VALUES                             (:accession_id, :category, :category_name, :confidence, :title, :kind, :document_number, :date, :completed, :fiscal_year,
                                    :period, :expires, :pages, :blank_pages, :sides, :sheets, :a4_sheets, :needs_review, :fact);

-- name: put_filing
INSERT OR REPLACE INTO filing ( accession_id,  path,  vault_path,  manifest_sha256,  filed)
VALUES                        (:accession_id, :path, :vault_path, :manifest_sha256, :filed);

-- name: add_event
INSERT INTO event ( seq,  at,  kind,  accession_id,  actor,  data,  prev,  hash)
VALUES            (:seq, :at, :kind, :accession_id, :actor, :data, :prev, :hash);

-- name: last_event
SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1;

-- name: add_tally
INSERT INTO tally (day, fiscal_year, department, category, digitised) VALUES (:day, :fiscal_year, :department, :category, :digitised)
    ON CONFLICT (day, department, category) DO UPDATE SET digitised = digitised + excluded.digitised;

-- name: add_tally_mark
INSERT INTO tally_mark (accession_id, day, department, category, digitised) VALUES (:accession_id, :day, :department, :category, :digitised);

-- name: add_correction
INSERT INTO correction ( accession_id,  number,  at,  by,  reason,  changes,  undoes,  fact)
VALUES                 (:accession_id, :number, :at, :by, :reason, :changes, :undoes, :fact);

-- name: corrections
SELECT fact FROM correction WHERE accession_id = :id ORDER BY number;

-- name: add_hold
INSERT INTO hold ( id,  kind,  reason,  reference,  by,  at,  since,  until,  until_event,  query,  standing,  department,  category,  fiscal_year)
VALUES           (:id, :kind, :reason, :reference, :by, :at, :since, :until, :until_event, :query, :standing, :department, :category, :fiscal_year);

-- name: add_hold_record
INSERT INTO hold_record (hold_id, accession_id) SELECT :id, id FROM accession WHERE number = :number;

-- name: end_hold
UPDATE hold SET ended = :ended, ended_by = :ended_by, end_reason = :end_reason WHERE id = :id;

-- name: holds
SELECT * FROM hold ORDER BY id;

-- name: hold_numbers
SELECT hold_record.hold_id, accession.number FROM hold_record JOIN accession ON accession.id = hold_record.accession_id ORDER BY accession.number;

-- name: holds_on
SELECT hold.* FROM held_record JOIN hold ON hold.id = held_record.hold_id WHERE held_record.accession_id = :id ORDER BY hold.id;

-- name: held_ids
SELECT hold_id, accession_id FROM held_record ORDER BY hold_id;

-- name: standing_numbers
SELECT a.number FROM accession a LEFT JOIN description d ON d.accession_id = a.id
 WHERE (:department IS NULL OR a.department = :department) AND (:category IS NULL OR d.category = :category)
   AND (:fiscal_year IS NULL OR d.fiscal_year = :fiscal_year);

-- name: expiring
-- What may be disposed of up to a day, holds aside: its period ended before it, or it has none and is done. Unclassified records have no period.
SELECT a.id, a.number, a.department, d.title, d.category, d.category_name, d.completed, d.period, d.expires, d.sheets,
       d.fact ->> '$.retention.start_rule' AS start_rule, d.fact ->> '$.retention.starts' AS starts, d.fact ->> '$.retention.disposition' AS disposition
  FROM description d JOIN accession a ON a.id = d.accession_id JOIN filing f ON f.accession_id = a.id
 WHERE d.period IS NOT NULL AND (d.expires < :last OR (d.expires IS NULL AND d.period = '0'))
 ORDER BY a.serial;

-- name: binders
SELECT * FROM binder WHERE (:year IS NULL OR year = :year) AND (:department IS NULL OR department = :department) ORDER BY year, department, category, calendar;

-- name: binder_members
SELECT b.department, b.year, b.calendar, b.category, a.id, a.number, d.category_name, d.sheets, d.period, d.expires, r.born_digital, f.path,
       d.fact ->> '$.retention.start_rule' AS start_rule, d.fact ->> '$.retention.starts' AS starts, d.fact ->> '$.retention.disposition' AS disposition,
       d.fact ->> '$.extended' AS extended, d.fact ->> '$.restricted' AS restricted
  FROM in_binder b JOIN accession a ON a.id = b.accession_id JOIN description d ON d.accession_id = a.id
  JOIN filing f ON f.accession_id = a.id LEFT JOIN recognition r ON r.accession_id = a.id
 WHERE :year IS NULL OR b.year = :year
 ORDER BY b.year, b.department, b.category, b.calendar, a.serial;

-- name: loose
-- Filed records that belong to no binder yet.
SELECT count(*) AS n FROM filing WHERE accession_id NOT IN (SELECT accession_id FROM in_binder);

-- name: refile
-- A corrected record goes through filing, indexing and counting again.
UPDATE accession SET state = 'described', department = :department, started = 0, attempts = 0, not_before = NULL, last_error = NULL
 WHERE id = :id AND state IN ('filed', 'indexed', 'accounted');

-- name: tally_mark
SELECT day, department, category, digitised FROM tally_mark WHERE accession_id = :id;

-- name: take_from_tally
UPDATE tally SET digitised = digitised - :digitised WHERE day = :day AND department = :department AND category = :category;

-- name: drop_tally_mark
DELETE FROM tally_mark WHERE accession_id = :id;

-- name: drop_empty_tally
DELETE FROM tally WHERE day = :day AND department = :department AND category = :category AND digitised = 0 AND cleared = 0 AND removed = 0;

-- name: pause
INSERT INTO paused (stage, since, reason, params) VALUES (:stage, :since, :reason, :params)
    ON CONFLICT (stage) DO UPDATE SET reason = excluded.reason, params = excluded.params;

-- name: resume
DELETE FROM paused WHERE stage = :stage;

-- name: nothing_paused
DELETE FROM paused;

-- name: nothing_lies
DELETE FROM lying;

-- name: lies
INSERT INTO lying (department, name, since, reason) VALUES (:department, :name, :since, :reason)
    ON CONFLICT (department, name) DO UPDATE SET reason = excluded.reason;

-- name: lies_no_more
DELETE FROM lying WHERE department = :department AND name = :name;

-- name: upkeep_run
INSERT INTO upkeep_run (job, started, finished, outcome) VALUES (:job, :started, :finished, :outcome)
    ON CONFLICT (job) DO UPDATE SET started = excluded.started, finished = excluded.finished, outcome = excluded.outcome;
