"""The failure store: every live failure as one redacted record, in SQLite on this machine or in PostgreSQL for many.

The way in: `buffer` takes records from the event loop, `writer` writes what has gathered in one transaction
(`writing`), keeps the store within its limits (`retention`) and outlives every trouble the database may have
(`trouble`). The way out: `reading`. `database` opens, `schema` and `migrations` say what the tables are.
"""
