"""The web process: what clerks and records managers see and decide, on the city's own network.

Reads catalogue, index and vault; writes only accounts.db, requests.db and uploads: every change of a record is a wish that the daemon answers.

    application   assembles it: routes, errors as pages or JSON, security headers
    serve         runs it (uvicorn), refuses to listen beyond loopback without TLS
    house         what lives as long as the process: settings, accounts, search, the lane that draws pages
    visit         one request: who asks, what they may see (a narrowed reader), their wishes
    readers       connections to the catalogue, each showing what one kind of person may see, kept for the next
    guard         sessions, CSRF, headers, limits
    front         a reverse proxy in front: when its word about a request counts
    journal_shown lines of the journal in words
    metrics       /metrics for Prometheus: the operation, and how this process answers; campaign_metrics: sheets, metres, indicators
    kept_figures  the campaign's figures, kept until something happens; chart_library: what draws them in the browser, without any network
    limits        how often one may search; which looks at a restricted record are noted already
    searching     one search as its page shows it, and as CSV; record_shown: what the page of a record shows beside its facts
    live          the scans of today while they happen, for all who watch; day_shown: what is said of each
    entries       what a person entered about a record, made into changes
    wishing       wishes made on a page: what was typed, checked against what the person may see; refusals told where the form is
    sending       forms with files, read piece by piece onto the disk; office_files: lists that were sent, read in a lane; paper_sent: figures of paper in them,
                  kept in previews until somebody has looked
    showing       templates, and how facts look in them
    routes        one module a page
    api           `/api/v1`: one module a kind of facts; models (the contract, field by field), OpenAPI and its page
"""
