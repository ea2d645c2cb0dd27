"""scanpipe: from the section's scanner to a named, searchable record, with the sheets counted.

A scan goes one way: intake -> recognise -> describe -> file -> index -> account. Each stage is one verb, one module in `stages`, one
frozen fact in `core.model`, one table in `catalogue/schema.sql`, one state and one event: who has learnt one knows them all.

Where to look
    cli               the verbs (a module for those that belong together, with its `parsers`), how facts look (`shown` …), `arguments`, `site` (what a verb works on), errors -> exit codes
    daemon            assembles the parts: lock, recovery, signals, sd_notify, orderly stop
    pipeline          THE LINE: the table of stages, and the loop  due -> submit -> commit; who pauses, who retries
    upkeep            beside the line: reports (受付簿), cover (sheets to print), progress (of what is being read), and rooms:
      deciding        wishes (what people may ask for: decisions, holds …), rulings (a decision made into a correction), reversals (taken back), partings (split, merge) and replacements (rescans) with pages_held (holds go with the pages),
                      holds (entered, ended; what is due for disposal), told (what people did that changes no record)
      schedule        schedule_import and schedule_files (`retention import`), schedule_acceptance (`retention changes --apply`)
      disposal        disposals (lists: proposed, agreed to, approved) with disposals_shown, destruction (carries them out; transfer: the bag, made by bagging; certificates, which lie where `certified` says), retention_facts (all that waits, at a glance),
                      outlook (what happens next, in a sentence), register (binders and 行政文書ファイル管理簿), papers (what people do to the paper originals, by the box) on boxes (what a box holds and waits for), box_list (to print)
      campaign        figures (THE place where all figures of both ledgers, cabinets and campaign are computed, for page, API, CSV, Prometheus and all that goes out) with figure_csv, figure_rows (what a figure was made from), story (in sentences), charts (Vega-Lite);
                      ledger A: paper_files (an office's file, read; office_tables: its other lists) and paper_imports (figures brought in), devices, ledger_a (as it is shown); cabinets (what people do to them; photos: kept in the archive; cabinets_shown: what is left and until when; cabinet_files: a floor's list; zero_certificate),
                      campaigns (targets, advice; campaigns_shown: gaps and who lags), indicators, benchmarks (ratios to and from other offices)
      sending         out to others: topic_tables (the figures as tables) in a workbook, as CSV and open_data, on report_page (one A4 page; report_charts: its charts), monthly (all of them in store/reports);
                      outgoing (all channels) over outbox (what goes out, from where on, tried again when) and following (channels that read the catalogue): webhooks and kintone (kintone_months: its figures) by posting, mailing
      proving         fixity (`verify`; promised: what the journal says must be there; rounds: in the background; standalone: a vault by itself), proofs (the daily root; inclusion: of one record; timestamps: RFC 3161)
      copying         backup (with copies, journal_copy; second_copy: --compare), restore, reindex
      teaching        learning (and learning_apart, for the night), explain
      machine         doctor (with ground, places and machines), site (`init`, from sections_csv), fonts, operation (what administrators and Prometheus see), timetable with nightly
    stages            intake (and admit, for the parts of a batch) recognise describe file index account
    recognition       inside a lane: `lane` is the door; pages (one page), inspection (one file), engines and ppocr (quantised: its int8), layout (reading order) with tiers and tables,
                      orientation, blank, redink (seals apart), rendering, digital (born-digital text), assemble (the access copy) with rebuilt, textlayer, finishing, checks and likeness (does the copy look like the original)
                      codes and patchcodes (cover and separator sheets, looked for on the images of `reduced`), splitting (parts of a batch), joining (page files of a scan)
    catalogue         schema.sql and queries.sql; database (opening), journal (the event log), accessions (a row as its fact), transitions (writing: intake and the line) on decided (corrections, holds), papers (boxes of paper originals), cabinets, campaigns (with targets and advice), indicators, leaving (what may be told to other machines), paper_ledger (ledger A, read by paper_rows) and tallies (ledger B; counted: also as scanned and by device) on writing (what every change has in common), reader (reading), retained (what records are kept until), awaiting (records whose period waits for an event), holdings (holds, between rows and facts), related (whose pages are in which record), disposed (disposal lists and the end of records) with disposal_lists (their rows),
                      search and its search_* parts (search.db; search_fuzzy: あいまい検索), glances (small questions that pages ask often), listing (records in lists), days (what was scanned on one day), doubts (the queue of those that ask for a person), requests (people's wishes), telling (what people did that changes no record), compared (fixity in the background)
    accounts          people who may log in (accounts.db): people, logins, sessions, tokens, searches on store (the file); passwords
    storage           durable bytes; its hook `before` is where tests cut the power
    lock              who works on the store: one process at a time
    custody           from the spool to a number, and what a crash left in between; container: the original of a scan that came in several files
    inbox             a drop folder: names, companion files, moving away, putting aside
    vault             the record folder: written once, read back, checked; tombstone: what is left of it after disposal
    learnt            store/model: what was learnt from people's decisions (`upkeep.teaching` trains it, `core.describing.learning` is asked)
    workbench         store/work: the memo of pages, and what lies between two stages
    watch             looks into the drop folders
    workers           the lanes of this machine, confined by `confinement`; cluster and cluster_machine: a Dask cluster instead
    config            TOML -> frozen Settings; config_schema, config_retention, config_outgoing (the tables), config_checks, config_faults (the sentences)
    named             what people call the states, steps and rules that programs know by a short English word
    core              pure: model (states and facts), text, dates, retention, corrections, partings (split, merged, replaced), journalled (what the journal keeps of a correction),
                      binders (簿冊), sheets, record_numbers (as people type them), review, alto, merkle, serial; rights (who may do what), logins (names, passwords, how often
                      one may try), municipality (its code and check digit); and rooms:
      describing      extraction and its parts (titles kinds numbers dating parties amounts fields layout slips), my_number (found and masked), persons, naming; classification
                      (with scoring: the rules, learning: the model, matters: words that offices use for one matter, specimens: sample texts for our own schedule)
      schedules       schedule_* (a body's own schedule: terms and titles of cells, columns, reading of rows, grouping into categories; changes for records kept)
      disposing       holds (what keeps a record longer), disposals (who must agree and approve before a record goes; obstacles: what keeps one; disposal_needs: what comes
                      next; tombstones: what stays known), papers (boxes of paper originals and their steps) with paper_rules (when paper may go) and sampling
      campaign        ledger A: paper_counts (rows, factors, sheets) with devices, ledger_a (base, current, saved), baselines, conversions; paper_reading (an office's table) on
                      paper_tables, paper_headings and paper_words; cabinets (steps of one; photos of it) with burndown (what is left, plan, forecast), campaigns (targets, gaps, who lags and why), indicators
                      (e-approval rate and the like), benchmarks (key ratios without names), figures (all of them as one tree, and its JSON; so_far: a year added up)
      scans           readiness, sequences (files that are pages of one scan), structure, sidecar, fairness, covers and batches (where a batch is cut), uploads
      finding         query and snippet, marking (hits on the picture of a page)
    errors            one tree: a sentence for a person, an exit code, whose fault (scan or place)
    i18n              Japanese and English; locale/ja has the words

Imports point down this list only (import-linter holds it); no stage imports another.
"""
