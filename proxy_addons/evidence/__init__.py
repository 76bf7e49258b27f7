"""What one HTTP exchange says: parsing only, no I/O, no clock, no opinion.

Read in this order: `exchange` (the values), `services`, `bearer_token`, `challenge`, `error_body`, `speaker` (one
reader each), then `facts`, which runs the readers and names what they found. Rules know nothing but those names.
"""
