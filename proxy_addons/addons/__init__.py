"""The mitmproxy addons. Each is thin: it adapts an event, calls the core, and hands on what comes out.

Read in this order: `assembly` (who is there and in which order), `capture` (exchanges), `reporter` (explain, redact,
hand out), then the small ones: `scope`, `routing`, `upstream`, `verdict_header`, `screen`, `bundle_writer`,
`admin_port`, `unbuffered`.
"""
