"""What may leave the process: everything a sink writes, shows or counts passes through here first. Pure.

The way of an exchange: `clean_exchange` takes it apart, every value meets the one rule for its place (`header_rules`,
`claim_rules`, `field_rules`, `urls`, the readers of bodies), what was personal or secret is noted in the `Ledger`, and
free text is cleaned last, when everything personal in the exchange is known. `record.redact` is the way in, `sweep` the
check over finished bytes. Nothing is ever edited in place: what comes out was built anew from what is known to be safe.
"""
