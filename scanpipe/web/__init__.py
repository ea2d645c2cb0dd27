"""The web process: what clerks and records managers see and decide, on the city's own network.

Reads catalogue, index and vault; writes only accounts.db and requests.db: every change of a record is a wish that the daemon answers.

    application   assembles it: routes, errors as pages or JSON, security headers
    serve         runs it (uvicorn), refuses to listen beyond loopback without TLS
    house         what lives as long as the process: settings, accounts, search, the lane that draws pages
    visit         one request: who asks, what they may see (a narrowed reader), their wishes
    guard         sessions, CSRF, headers, limits
    showing       templates, and how facts look in them
    routes        one module a page; api one a resource
"""
