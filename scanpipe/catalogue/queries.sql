-- name: add_delivery
INSERT INTO delivery ( id,  key,  department,  name,  sha256,  bytes,  received,  outcome,  own_scan,  duplicate_of,  reason,  params)
VALUES               (:id, :key, :department, :name, :sha256, :bytes, :received, :outcome, :own_scan, :duplicate_of, :reason, :params);

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
-- One that was disposed of is none.
SELECT id, number FROM accession WHERE department = :department AND sha256 = :sha256 AND state <> 'disposed' ORDER BY serial LIMIT 1;

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
UPDATE accession SET started = 0, attempts = 0, not_before = NULL WHERE id = :id AND state <> 'accounted' AND state <> 'disposed';

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
                                     period,  expires,  pages,  blank_pages,  sides,  sheets,  a4_sheets,  sizes,  needs_review,  restricted,  proof_only,  fact)
VALUES                             (:accession_id, :category, :category_name, :confidence, :title, :kind, :document_number, :date, :completed, :fiscal_year,
                                    :period, :expires, :pages, :blank_pages, :sides, :sheets, :a4_sheets, :sizes, :needs_review, :restricted, :proof_only, :fact);

-- name: put_filing
INSERT OR REPLACE INTO filing ( accession_id,  path,  vault_path,  manifest_sha256,  filed)
VALUES                        (:accession_id, :path, :vault_path, :manifest_sha256, :filed);

-- name: add_event
INSERT INTO event ( seq,  at,  kind,  accession_id,  actor,  data,  prev,  hash)
VALUES            (:seq, :at, :kind, :accession_id, :actor, :data, :prev, :hash);

-- name: told_already
-- Kinds as in catalogue/telling.py; the index event_told has the same condition.
SELECT 1 FROM event WHERE kind IN ('viewed', 'account', 'downloaded', 'exported', 'uploaded', 'verified', 'schedule') AND data ->> '$.wish' = :wish;

-- name: events_of
-- Of a record. An upload is its own by the bytes: those of its original, or of one of the files that it was joined from.
SELECT seq, at, kind, actor, data FROM event WHERE accession_id = :id
UNION ALL
SELECT u.seq, u.at, u.kind, u.actor, u.data
  FROM (SELECT department, sha256 FROM delivery WHERE id = :id
         UNION SELECT d.department, p.sha256 FROM delivery d JOIN page_file p ON p.delivery = d.id WHERE d.id = :id) f
  JOIN event u ON u.kind = 'uploaded' AND u.data ->> '$.sha256' = f.sha256 AND u.data ->> '$.department' = f.department
 ORDER BY seq;

-- name: last_event
SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1;

-- name: add_tally
-- Minus signs take away again.
INSERT INTO tally (day, fiscal_year, department, category, digitised, cleared, removed)
VALUES (:day, :fiscal_year, :department, :category, iif(:ledger = 'digitised', :sheets, 0), iif(:ledger = 'cleared', :sheets, 0), iif(:ledger = 'removed', :sheets, 0))
    ON CONFLICT (day, department, category)
    DO UPDATE SET digitised = digitised + excluded.digitised, cleared = cleared + excluded.cleared, removed = removed + excluded.removed;

-- name: add_tally_month
-- As add_tally.
INSERT INTO tally_month (month, fiscal_year, department, digitised, cleared, removed)
VALUES (:month, :fiscal_year, :department, iif(:ledger = 'digitised', :sheets, 0), iif(:ledger = 'cleared', :sheets, 0), iif(:ledger = 'removed', :sheets, 0))
    ON CONFLICT (month, department)
    DO UPDATE SET digitised = digitised + excluded.digitised, cleared = cleared + excluded.cleared, removed = removed + excluded.removed;

-- name: credits_again
-- The newest count of each record; the other columns are those of the row with the greatest number.
CREATE TEMP TABLE credit AS
SELECT accession_id, data ->> '$.day' AS day, data ->> '$.department' AS department, data ->> '$.category' AS category, data ->> '$.digitised' AS sheets
  FROM (SELECT accession_id, data, max(seq) FROM event INDEXED BY event_counted WHERE kind = 'accounted' GROUP BY accession_id)
 WHERE accession_id NOT IN (SELECT accession_id FROM disposal_entry x JOIN disposal d ON d.id = x.disposal_id WHERE d.kind = 'withdrawal' AND x.state = 'disposed');

-- name: credit_by_record
CREATE INDEX temp.credit_by_record ON credit (accession_id);

-- name: marks_again
-- What is cleared and removed follows the boxes.
CREATE TEMP VIEW mark_again AS
SELECT accession_id, 'digitised' AS ledger, day, department, category, sheets FROM credit
 UNION ALL
SELECT c.accession_id, 'cleared', b.cleared, c.department, c.category, c.sheets
  FROM box b CROSS JOIN box_record r ON r.box = b.number CROSS JOIN credit c ON c.accession_id = r.accession_id WHERE c.sheets <> 0 AND b.cleared IS NOT NULL
 UNION ALL
SELECT c.accession_id, 'removed', b.removed, c.department, c.category, c.sheets
  FROM box b CROSS JOIN box_record r ON r.box = b.number CROSS JOIN credit c ON c.accession_id = r.accession_id WHERE c.sheets <> 0 AND b.removed IS NOT NULL;

-- name: tallies_again
CREATE TEMP TABLE tally_again AS
SELECT day, CAST(substr(day, 1, 4) AS INTEGER) - (substr(day, 6, 2) < '04') AS fiscal_year, department, category,
       sum(iif(ledger = 'digitised', sheets, 0.0)) AS digitised, sum(iif(ledger = 'cleared', sheets, 0.0)) AS cleared,
       sum(iif(ledger = 'removed', sheets, 0.0)) AS removed
  FROM mark_again GROUP BY day, department, category;

-- name: tallies_differ
-- Any sum that is another than before; one of nothing is as good as none.
SELECT EXISTS (SELECT * FROM tally_again WHERE digitised <> 0 OR cleared <> 0 OR removed <> 0 EXCEPT SELECT * FROM main.tally)
    OR EXISTS (SELECT * FROM main.tally WHERE digitised <> 0 OR cleared <> 0 OR removed <> 0 EXCEPT SELECT * FROM tally_again)
    OR EXISTS (SELECT substr(day, 1, 7), fiscal_year, department, sum(digitised), sum(cleared), sum(removed) FROM tally_again
                GROUP BY 1, 2, 3 HAVING sum(digitised) <> 0 OR sum(cleared) <> 0 OR sum(removed) <> 0 EXCEPT SELECT * FROM main.tally_month)
    OR EXISTS (SELECT * FROM main.tally_month WHERE digitised <> 0 OR cleared <> 0 OR removed <> 0 EXCEPT
               SELECT substr(day, 1, 7), fiscal_year, department, sum(digitised), sum(cleared), sum(removed) FROM tally_again GROUP BY 1, 2, 3);

-- name: put_marks_again
INSERT INTO tally_mark (accession_id, ledger, day, department, category, sheets) SELECT * FROM mark_again;

-- name: put_tallies_again
INSERT INTO tally SELECT * FROM tally_again;

-- name: put_months_again
INSERT INTO tally_month SELECT substr(day, 1, 7), fiscal_year, department, sum(digitised), sum(cleared), sum(removed) FROM tally_again GROUP BY 1, 2, 3;

-- name: sheets_by_month
SELECT month, fiscal_year, department, digitised, cleared, removed FROM tally_month ORDER BY month, department;

-- name: sheets_of_months
SELECT month, department, digitised, cleared, removed FROM tally_month WHERE month BETWEEN :first AND :last;

-- name: sheets_by_year
SELECT fiscal_year, sum(digitised) AS digitised, sum(cleared) AS cleared, sum(removed) AS removed FROM tally_month GROUP BY 1 ORDER BY 1;

-- name: paper_by_year
-- whole: any month is of the whole city. both, base, compared: of the months that have a base.
SELECT fiscal_year, max(department = '*') AS whole, count(base) AS both, sum(base) AS base, sum(current) FILTER (WHERE base IS NOT NULL) AS compared, sum(current) AS current
  FROM paper_month GROUP BY 1;

-- name: add_tally_mark
INSERT INTO tally_mark (accession_id, ledger, day, department, category, sheets) VALUES (:accession_id, :ledger, :day, :department, :category, :sheets);

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

-- name: void_hold
UPDATE hold SET voided = :voided, voided_by = :voided_by, void_reason = :void_reason WHERE id = :id;

-- name: holds
SELECT * FROM hold ORDER BY id;

-- name: hold_numbers
SELECT hold_record.hold_id, accession.number FROM hold_record JOIN accession ON accession.id = hold_record.accession_id ORDER BY accession.number;

-- name: holds_on
SELECT hold.* FROM held_record JOIN hold ON hold.id = held_record.hold_id WHERE held_record.accession_id = :id ORDER BY hold.id;

-- name: held_ids
SELECT hold_id, accession_id FROM held_record ORDER BY hold_id;

-- name: parts_of_batch
-- Records that were cut out of the one with this number, in order.
SELECT number FROM accession WHERE declared ->> '$.batch' = :number ORDER BY serial;

-- name: replaced_by
-- The record of which a person decided, and did not take back, that it replaces the one with this number.
SELECT a.number FROM correction c JOIN accession a ON a.id = c.accession_id
 WHERE c.changes ->> '$.replaces' = :number AND c.undoes IS NULL
   AND NOT EXISTS (SELECT 1 FROM correction u WHERE u.accession_id = c.accession_id AND u.undoes = c.number)
 ORDER BY c.at DESC LIMIT 1;

-- name: standing_numbers
SELECT a.number FROM accession a LEFT JOIN description d ON d.accession_id = a.id
 WHERE (:department IS NULL OR a.department = :department) AND (:category IS NULL OR d.category = :category)
   AND (:fiscal_year IS NULL OR d.fiscal_year = :fiscal_year);

-- name: expiring
-- What may be disposed of up to a day, holds aside: its period ended before it, or it has none and is done. Unclassified records have no period.
SELECT a.id, a.number, a.department, d.title, d.category, d.category_name, d.completed, d.period, d.expires, d.sheets,
       d.fact ->> '$.retention.start_rule' AS start_rule, d.fact ->> '$.retention.starts' AS starts, d.fact ->> '$.retention.disposition' AS disposition
  FROM description d JOIN accession a ON a.id = d.accession_id JOIN filing f ON f.accession_id = a.id
 WHERE d.period IS NOT NULL AND (d.expires < :last OR (d.expires IS NULL AND d.period = '0')) AND a.state <> 'disposed'
 ORDER BY a.serial;

-- name: binders
SELECT * FROM binder WHERE (:year IS NULL OR year = :year) AND (:department IS NULL OR department = :department) ORDER BY year, department, category, calendar;

-- name: binder_members
SELECT b.department, b.year, b.calendar, b.category, a.id, a.number, d.category_name, d.sheets, d.period, d.expires, r.born_digital, f.path,
       d.fact ->> '$.retention.start_rule' AS start_rule, d.fact ->> '$.retention.starts' AS starts, d.fact ->> '$.retention.disposition' AS disposition,
       d.fact ->> '$.extended' AS extended, d.fact ->> '$.restricted' AS restricted
  FROM in_binder b JOIN into_binder i ON i.accession_id = b.accession_id JOIN accession a ON a.id = b.accession_id JOIN description d ON d.accession_id = a.id
  JOIN filing f ON f.accession_id = a.id LEFT JOIN recognition r ON r.accession_id = a.id
 WHERE :year IS NULL OR b.year = :year
 ORDER BY b.year, b.department, b.category, b.calendar, i.seq, a.serial;

-- name: thick_binder_sheets
-- The records of binders that may need volumes, as they came into them. One walk over all records: the + keeps SQLite from one for each such binder.
SELECT b.department, b.year, b.calendar, b.category, d.sheets, coalesce(r.born_digital, 0) AS born_digital
  FROM in_binder b JOIN into_binder i ON i.accession_id = b.accession_id JOIN accession a ON a.id = b.accession_id
  JOIN description d ON d.accession_id = a.id LEFT JOIN recognition r ON r.accession_id = a.id
 WHERE (+b.department, +b.year, +b.calendar, +b.category) IN (
           SELECT department, year, calendar, category FROM binder
            WHERE sheets > :most AND (:year IS NULL OR year = :year) AND (:department IS NULL OR department = :department))
 ORDER BY b.year, b.department, b.category, b.calendar, i.seq, a.serial;

-- name: loose
-- Filed records that belong to no binder yet; not what only proves what was delivered, which never does.
SELECT count(*) AS n FROM filing f JOIN accession a ON a.id = f.accession_id JOIN description d ON d.accession_id = a.id
 WHERE f.accession_id NOT IN (SELECT accession_id FROM in_binder) AND a.state <> 'disposed' AND d.proof_only = 0;

-- name: refile
-- A corrected record goes through filing, indexing and counting again.
UPDATE accession SET state = 'described', department = :department, started = 0, attempts = 0, not_before = NULL, last_error = NULL
 WHERE id = :id AND state IN ('filed', 'indexed', 'accounted');

-- name: tally_marks
SELECT ledger, day, department, category, sheets FROM tally_mark WHERE accession_id = :id ORDER BY ledger;

-- name: drop_tally_mark
DELETE FROM tally_mark WHERE accession_id = :id AND ledger = :ledger;

-- name: drop_empty_tally_month
DELETE FROM tally_month WHERE month = :month AND department = :department AND digitised = 0 AND cleared = 0 AND removed = 0;

-- name: drop_empty_tally
DELETE FROM tally WHERE day = :day AND department = :department AND category = :category AND digitised = 0 AND cleared = 0 AND removed = 0;

-- name: box
SELECT fact FROM box WHERE number = :number;

-- name: put_box
INSERT INTO box ( number,  department,  status,  cleared,  removed,  fact)
VALUES          (:number, :department, :status, :cleared, :removed, :fact)
    ON CONFLICT (number) DO UPDATE SET status = excluded.status, cleared = excluded.cleared, removed = excluded.removed, fact = excluded.fact;

-- name: box_of
-- The box that the paper of a record lies in.
SELECT b.fact FROM box_record r JOIN box b ON b.number = r.box WHERE r.accession_id = :id;

-- name: box_by_record
SELECT b.fact FROM accession a JOIN box_record r ON r.accession_id = a.id JOIN box b ON b.number = r.box WHERE a.number = :number;

-- name: box_members
SELECT accession_id, by FROM box_record WHERE box = :box ORDER BY accession_id;

-- name: put_into_box
INSERT INTO box_record (accession_id, box, by, at) VALUES (:id, :box, :by, :at)
    ON CONFLICT (accession_id) DO UPDATE SET box = excluded.box, by = excluded.by, at = excluded.at, failed = NULL;

-- name: take_out_of_box
UPDATE box_record SET box = NULL, by = :by, at = :at, failed = NULL WHERE accession_id = :id AND box = :box;

-- name: failed_check
UPDATE box_record SET failed = :reason WHERE accession_id = :id AND box = :box;

-- name: passed_check
UPDATE box_record SET failed = NULL WHERE box = :box;

-- name: add_box_step
INSERT INTO box_step ( box,  id,  seq,  at,  by,  kind,  fact)
VALUES               (:box, :id, :seq, :at, :by, :kind, :fact);

-- name: box_step
SELECT 1 FROM box_step WHERE box = :box AND id = :id;

-- name: box_steps
SELECT fact FROM box_step WHERE box = :box ORDER BY seq;

-- name: boxes
-- declared: sheets as covers say, NULL where none does; declared_counted: as the scans of those have.
SELECT b.fact, b.number, b.department, b.status, count(a.id) AS records, coalesce(sum(d.sheets), 0) AS sheets, coalesce(sum(d.a4_sheets), 0) AS a4_sheets,
       sum(CAST(a.declared ->> '$.sheets' AS INTEGER)) AS declared, sum(iif(a.declared ->> '$.sheets' IS NOT NULL, d.sheets, NULL)) AS declared_counted,
       coalesce(sum(f.accession_id IS NULL AND a.id IS NOT NULL), 0) AS unfiled
  FROM box b LEFT JOIN box_record r ON r.box = b.number AND EXISTS (SELECT 1 FROM on_paper o WHERE o.accession_id = r.accession_id)
  LEFT JOIN accession a ON a.id = r.accession_id LEFT JOIN description d ON d.accession_id = a.id LEFT JOIN filing f ON f.accession_id = a.id
 WHERE (:department IS NULL OR b.department = :department) AND (:number IS NULL OR b.number = :number)
 GROUP BY b.number ORDER BY b.department, b.number;

-- name: box_papers
-- The records whose paper lies in this box.
SELECT a.id, a.number, a.department, a.received, a.state, r.failed, d.title, d.category, d.category_name, d.pages, d.blank_pages, d.sheets, d.a4_sheets,
       d.needs_review, a.declared ->> '$.sheets' AS declared, d.fact ->> '$.restricted' AS restricted, f.path, a.serial,
       EXISTS (SELECT 1 FROM tally_mark m WHERE m.accession_id = a.id) AS counted
  FROM box_record r JOIN accession a ON a.id = r.accession_id
  LEFT JOIN description d ON d.accession_id = a.id LEFT JOIN filing f ON f.accession_id = a.id
 WHERE r.box = :box AND EXISTS (SELECT 1 FROM on_paper o WHERE o.accession_id = a.id)
 ORDER BY a.serial;

-- name: left_out
-- Records that say they lie in a box, by cover or companion file, and could not be put into it: it belongs to another section, or its paper is gone.
SELECT a.number, a.department, a.declared ->> '$.box' AS box
  FROM accession a
 WHERE a.declared ->> '$.box' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM box_record r WHERE r.accession_id = a.id)
   AND EXISTS (SELECT 1 FROM on_paper o WHERE o.accession_id = a.id)
 ORDER BY +a.serial;

-- name: left_out_of
-- Those of one box.
SELECT a.number, a.department, a.declared ->> '$.box' AS box
  FROM accession a
 WHERE a.declared ->> '$.box' = :box AND a.declared ->> '$.box' IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM box_record r WHERE r.accession_id = a.id) AND EXISTS (SELECT 1 FROM on_paper o WHERE o.accession_id = a.id)
 ORDER BY +a.serial;

-- name: loose_papers
SELECT a.department, count(*) AS records, coalesce(sum(d.sheets), 0) AS sheets
  FROM accession a LEFT JOIN description d ON d.accession_id = a.id
 WHERE NOT EXISTS (SELECT 1 FROM box_record r WHERE r.accession_id = a.id AND r.box IS NOT NULL)
   AND EXISTS (SELECT 1 FROM on_paper o WHERE o.accession_id = a.id)
 GROUP BY a.department ORDER BY a.department;

-- name: lowest_dpi
SELECT min(dpi) AS dpi FROM page WHERE serial = :serial;

-- name: disposals
SELECT * FROM disposal ORDER BY id;

-- name: disposal
SELECT * FROM disposal WHERE id = :name OR number = :name;

-- name: disposals_begun
SELECT * FROM disposal WHERE begun IS NOT NULL AND done IS NULL ORDER BY id;

-- name: disposals_of_year
SELECT count(*) AS n FROM disposal WHERE fiscal_year = :fiscal_year;

-- name: disposal_entries
SELECT e.*, a.number FROM disposal_entry e JOIN accession a ON a.id = e.accession_id WHERE e.disposal_id = :id ORDER BY e.department, a.serial;

-- name: disposal_answers
SELECT department, act FROM disposal_answer WHERE disposal_id = :id ORDER BY department;

-- name: disposal_approvals
SELECT act FROM disposal_approval WHERE disposal_id = :id ORDER BY place;

-- name: on_open_lists
-- The open list that a record is on; disposed entries of a list that is still open, too.
SELECT a.number, d.number AS list FROM disposal d JOIN disposal_entry e ON e.disposal_id = d.id JOIN accession a ON a.id = e.accession_id
 WHERE d.cancelled IS NULL AND d.done IS NULL;

-- name: proofs
-- Records that only prove what was delivered: batches, and what was split or merged. decided: by a person, whose newest decision tells where the pages are.
SELECT a.id, a.number, a.department, EXISTS (SELECT 1 FROM correction c WHERE c.accession_id = a.id) AS decided
  FROM description d JOIN accession a ON a.id = d.accession_id WHERE d.proof_only = 1 AND a.state <> 'disposed' ORDER BY a.serial;

-- name: proofs_among
SELECT a.number FROM accession a JOIN description d ON d.accession_id = a.id
 WHERE d.proof_only = 1 AND a.state <> 'disposed' AND a.number IN (SELECT value FROM json_each(:numbers)) ORDER BY a.serial;

-- name: held_among
SELECT id FROM accession WHERE number IN (SELECT value FROM json_each(:numbers)) AND id IN (SELECT accession_id FROM held_record);

-- name: parts_of_batches
SELECT number, declared ->> '$.batch' AS batch FROM accession WHERE declared ->> '$.batch' IS NOT NULL ORDER BY serial;

-- name: there
SELECT number, department FROM accession WHERE state <> 'disposed' AND number IN (SELECT value FROM json_each(:numbers));

-- name: disposal_next
-- Entries that a begun list may be done with now: what is transferred only when the archives have confirmed it, a batch when one that holds its pages went.
SELECT e.*, a.number, a.id FROM disposal_entry e JOIN accession a ON a.id = e.accession_id
 WHERE e.disposal_id = :id AND e.state = 'open' AND (e.action = 'destroy' OR (e.bagged = 1 AND :handed_over))
   AND (e.heirs = '[]' OR EXISTS (SELECT 1 FROM json_each(e.heirs) h JOIN accession p ON p.number = h.value WHERE p.state = 'disposed'))
 ORDER BY e.accession_id LIMIT :most;

-- name: disposal_count
SELECT count(*) AS n FROM disposal_entry WHERE disposal_id = :id AND state = :state;

-- name: interim_certificates
SELECT count(*) AS issues, coalesce(max(data ->> '$.records'), 0) AS records FROM event
 WHERE accession_id IS NULL AND kind = 'disposal_certified' AND data ->> '$.id' = :id;

-- name: disposal_to_bag
SELECT a.number FROM disposal_entry e JOIN accession a ON a.id = e.accession_id
 WHERE e.disposal_id = :id AND e.action = 'transfer' AND e.state = 'open' AND e.bagged = 0 ORDER BY a.serial;

-- name: disposal_entry_of
SELECT e.*, a.number, a.id FROM disposal_entry e JOIN accession a ON a.id = e.accession_id WHERE e.disposal_id = :id AND a.number = :number;

-- name: condition
-- What decides whether a record may go.
SELECT a.state, d.completed, d.period, d.expires, d.fact ->> '$.retention.start_rule' AS start_rule, d.fact ->> '$.retention.starts' AS starts,
       EXISTS (SELECT 1 FROM event WHERE accession_id = a.id AND kind = 'corrected'
                                     AND seq > (SELECT min(seq) FROM disposal_approval WHERE disposal_id = :disposal_id)) AS corrected
  FROM accession a LEFT JOIN description d ON d.accession_id = a.id WHERE a.id = :id;

-- name: add_disposal
INSERT INTO disposal ( id,  number,  fiscal_year,  kind,  by,  at,  reason,  last,  replaced_by)
VALUES               (:id, :number, :fiscal_year, :kind, :by, :at, :reason, :last, :replaced_by);

-- name: add_disposal_entry
INSERT INTO disposal_entry (disposal_id, accession_id, department, action, heirs)
SELECT :id, id, :department, :action, :heirs FROM accession WHERE number = :number;

-- name: drop_disposal_entry
DELETE FROM disposal_entry WHERE disposal_id = :id AND accession_id = (SELECT id FROM accession WHERE number = :number);

-- name: disposal_action
UPDATE disposal_entry SET action = :action WHERE disposal_id = :id AND accession_id = (SELECT id FROM accession WHERE number = :number);

-- name: disposal_kept
UPDATE disposal_entry SET state = 'kept', obstacle = :obstacle WHERE disposal_id = :id AND accession_id = (SELECT id FROM accession WHERE number = :number);

-- name: disposal_tried_again
UPDATE disposal_entry SET state = 'open', obstacle = NULL WHERE disposal_id = :id AND state = 'kept';

-- name: disposal_entry_bagged
UPDATE disposal_entry SET bagged = 1 WHERE disposal_id = :id AND accession_id = (SELECT id FROM accession WHERE number = :number);

-- name: disposal_entry_disposed
-- On every list that is open: a batch can be on several, of its parts.
UPDATE disposal_entry SET state = 'disposed', obstacle = NULL
 WHERE accession_id = :accession_id AND (disposal_id = :id OR disposal_id IN (SELECT id FROM disposal WHERE cancelled IS NULL AND done IS NULL));

-- name: add_disposal_answer
INSERT OR IGNORE INTO disposal_answer (disposal_id, department, act) VALUES (:id, :department, :act);

-- name: add_disposal_approval
INSERT INTO disposal_approval (disposal_id, place, seq, act) SELECT :id, count(*) + 1, :seq, :act FROM disposal_approval WHERE disposal_id = :id;

-- name: void_disposal_approvals
DELETE FROM disposal_approval WHERE disposal_id = :id;

-- name: disposal_begun
UPDATE disposal SET begun = coalesce(begun, :act) WHERE id = :id;

-- name: disposal_bagged
UPDATE disposal SET bagged = :act WHERE id = :id;

-- name: disposal_handed_over
UPDATE disposal SET handed_over = :act WHERE id = :id;

-- name: disposal_cancelled
UPDATE disposal SET cancelled = :act WHERE id = :id;

-- name: disposal_done
UPDATE disposal SET done = :act WHERE id = :id;

-- name: forget_reading
DELETE FROM recognition WHERE accession_id = :id;

-- name: forget_corrections
DELETE FROM correction WHERE accession_id = :id;

-- name: forget_declared
-- Of a record that was disposed of only what batch it belonged to stays, and in which box its paper lies.
UPDATE accession SET declared = (SELECT json_group_object(key, value) FROM json_each(declared) WHERE key IN ('batch', 'part', 'merged', 'box')) WHERE id = :id;

-- name: disposal_acted
SELECT 1 FROM event WHERE accession_id IS NULL AND kind LIKE 'disposal%' AND data ->> '$.id' = :id AND data ->> '$.act.at' = :at AND actor = :by LIMIT 1;

-- name: disposed_event
SELECT at, data FROM event WHERE accession_id = :id AND kind = 'disposed';

-- name: shown_at
-- Where the cabinet ever showed a record.
SELECT DISTINCT data ->> '$.path' AS path FROM event WHERE accession_id = :id AND kind = 'filed' AND data ->> '$.path' IS NOT NULL;

-- name: later_deliveries
-- Deliveries of a record's bytes to its section since a day, its own among them.
SELECT id FROM delivery WHERE department = :department AND received >= :since AND (id = :id OR duplicate_of = :id);

-- name: put_cabinet
INSERT INTO cabinet (id, department, voided, fact) VALUES (:id, :department, :voided, :fact)
    ON CONFLICT (id) DO UPDATE SET department = excluded.department, voided = excluded.voided, fact = excluded.fact;

-- name: add_cabinet_step
INSERT INTO cabinet_step (cabinet, id, seq, day, kind, department, fm, fm_start, freed, emptied, signed_off, voided, fact)
VALUES (:cabinet, :id, :seq, :day, :kind, :department, :fm, :fm_start, :freed, :emptied, :signed_off, :voided, :fact);

-- name: cabinet
SELECT * FROM cabinet WHERE id = :id;

-- name: cabinet_step
SELECT 1 FROM cabinet_step WHERE cabinet = :cabinet AND id = :id;

-- name: add_cabinet_photo
INSERT INTO cabinet_photo (cabinet, sha256, seq, fact) VALUES (:cabinet, :sha256, :seq, :fact);

-- name: cabinet_photo
SELECT 1 FROM cabinet_photo WHERE cabinet = :cabinet AND sha256 = :sha256;

-- name: photos_of_cabinet
SELECT fact FROM cabinet_photo WHERE cabinet = :cabinet ORDER BY fact ->> '$.day', seq;

-- name: cabinets_photographed
SELECT cabinet, count(*) AS photos FROM cabinet_photo GROUP BY 1;

-- name: cabinets
SELECT fact FROM cabinet WHERE NOT voided ORDER BY id;

-- name: cabinet_changes
SELECT cabinet, day, department, fm, fm_start, freed, emptied, signed_off, voided FROM cabinet_step ORDER BY seq;

-- name: steps_of_cabinet
SELECT fact FROM cabinet_step WHERE cabinet = :cabinet ORDER BY seq;

-- name: put_campaign
INSERT INTO campaign (number, id, fact) VALUES (:number, :id, :fact)
    ON CONFLICT (number) DO UPDATE SET fact = excluded.fact;

-- name: campaigns
SELECT fact FROM campaign ORDER BY number;

-- name: put_target
INSERT INTO target (campaign, department, fact) VALUES (:campaign, :department, :fact)
    ON CONFLICT (campaign, department) DO UPDATE SET fact = excluded.fact;

-- name: targets
SELECT fact FROM target WHERE campaign = :campaign ORDER BY department;

-- name: add_advice
INSERT INTO advice (id, day, department, fact) VALUES (:id, :day, :department, :fact);

-- name: advice
SELECT fact FROM advice ORDER BY day, id;

-- name: add_indicator_import
INSERT INTO indicator_import (id, at, by, name, sha256) VALUES (:id, :at, :by, :name, :sha256);

-- name: supersede_indicator
UPDATE indicator SET superseded_by = :import WHERE kind = :kind AND month = :month AND department = :department AND superseded_by IS NULL;

-- name: add_indicator
INSERT INTO indicator (import, month, kind, department, fact) VALUES (:import, :month, :kind, :department, :fact);

-- name: indicators
SELECT fact FROM indicator WHERE superseded_by IS NULL ORDER BY kind, month, department;

-- name: indicators_between
SELECT fact FROM indicator WHERE superseded_by IS NULL AND month BETWEEN :first AND :last ORDER BY kind, month, department;

-- name: indicator_imported
SELECT 1 FROM indicator_import WHERE id = :id;

-- name: put_device
INSERT INTO device (id, department, since, until, replaced_by, fact) VALUES (:id, :department, :since, :until, :replaced_by, :fact)
    ON CONFLICT (id) DO UPDATE SET department = excluded.department, since = excluded.since, until = excluded.until, replaced_by = excluded.replaced_by,
                                   fact = excluded.fact;

-- name: add_device_step
INSERT INTO device_step (device, id, at, by, kind, reason, fact) VALUES (:device, :id, :at, :by, :kind, :reason, :fact);

-- name: device_stepped
SELECT 1 FROM device_step WHERE id = :id LIMIT 1;

-- name: paper_import
SELECT * FROM paper_import WHERE id = :id;

-- name: add_paper_import
INSERT INTO paper_import (id, at, by, name, sha256, rows, reason) VALUES (:id, :at, :by, :name, :sha256, :rows, :reason);

-- name: supersede_paper
UPDATE paper_row SET superseded_by = :import_id
 WHERE superseded_by IS NULL AND month = :month AND department = :department AND source = :source AND device = :device AND import_id <> :import_id;

-- name: add_paper_row
INSERT INTO paper_row (import_id, place, month, fiscal_year, department, source, unit, quantity, size, duplex, device, note, line, sheets)
VALUES (:import_id, :place, :month, :fiscal_year, :department, :source, :unit, :quantity, :size, :duplex, :device, :note, :line, :sheets);

-- name: count_paper_row
UPDATE paper_row SET sheets = :sheets WHERE import_id = :import_id AND place = :place;

-- name: month_note
SELECT * FROM month_note WHERE id = :id;

-- name: supersede_month_note
UPDATE month_note SET superseded_by = :id WHERE superseded_by IS NULL AND month = :month AND department IS :department;

-- name: add_month_note
INSERT INTO month_note (id, month, department, text, sheets, at, by) VALUES (:id, :month, :department, :text, :sheets, :at, :by);

-- name: put_paper_terms
INSERT INTO paper_terms (id, base_year, fact) VALUES (1, :base_year, :fact)
    ON CONFLICT (id) DO UPDATE SET base_year = excluded.base_year, fact = excluded.fact;

-- name: drop_paper_months
DELETE FROM paper_month WHERE fiscal_year = :fiscal_year;

-- name: add_paper_month
INSERT INTO paper_month (month, fiscal_year, department, base, current, saved, rate)
VALUES (:month, :fiscal_year, :department, :base, :current, :saved, :rate);

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

-- name: begin_fixity
INSERT OR IGNORE INTO fixity (accession_id, due) VALUES (:accession_id, :due);

-- name: put_fixity
UPDATE fixity SET due = :due, checked = :checked, faults = :faults WHERE accession_id = :accession_id;

-- name: end_fixity
-- What was disposed of has nothing to compare.
DELETE FROM fixity WHERE accession_id IN (SELECT id FROM accession WHERE state = 'disposed');

-- name: next_fixity
SELECT x.accession_id, f.vault_path, f.manifest_sha256, x.due, a.state FROM fixity x
  JOIN filing f ON f.accession_id = x.accession_id JOIN accession a ON a.id = x.accession_id
 WHERE x.due <= :at ORDER BY x.due LIMIT 1;

-- name: fixity_state
-- late: due before this moment and not compared yet.
SELECT count(*) AS records, count(x.checked) AS checked, min(x.checked) AS oldest, max(x.checked) AS newest, coalesce(sum(x.due < :late), 0) AS late
  FROM fixity x WHERE x.accession_id NOT IN (SELECT id FROM accession WHERE state = 'disposed');

-- name: fixity_faults
SELECT a.number, a.department, x.checked, x.faults FROM fixity x JOIN accession a ON a.id = x.accession_id
 WHERE x.faults IS NOT NULL AND a.state <> 'disposed' ORDER BY a.serial;

-- name: upkeep_run
INSERT INTO upkeep_run (job, started, finished, outcome) VALUES (:job, :started, :finished, :outcome)
    ON CONFLICT (job) DO UPDATE SET started = excluded.started, finished = excluded.finished, outcome = excluded.outcome;
