"""The tables. Names carry the product's, because a PostgreSQL database may hold other people's tables as well.

Times are milliseconds since 1970 in UTC. A record's body lies apart from what lists need, so that a page of a list
reads no bodies.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text, text

METADATA: Final = MetaData()
LONGEST_COLUMN: Final = 400
"""Characters of one part of a group that are kept; the record itself is kept whole."""

_NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only where the column is declared as INTEGER."""
_TOLD: Final = text("trace_id IS NOT NULL")
"""Most clients tell no trace. NULL instead of an empty text keeps them out of the index, and of no other form of the
condition do both databases know that it covers `trace_id = ?`."""

VERSION: Final = Table("why403_schema", METADATA, Column("version", Integer, nullable=False))

GROUPS: Final = Table(
    "why403_groups",
    METADATA,
    Column("fingerprint", String(64), primary_key=True),
    Column("service", Text, nullable=False),
    Column("surface", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("status", Integer),
    Column("cause", Text, nullable=False),
    Column("app", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("occurrences", BigInteger, nullable=False),
    Column("window_start", BigInteger, nullable=False),
    Column("window_records", Integer, nullable=False),
    Index("why403_groups_seen", "last_seen"),
)

FAILURES: Final = Table(
    "why403_failures",
    METADATA,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("service", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("status", Integer),
    Column("cause", Text, nullable=False),
    Column("certainty", Text, nullable=False),
    Column("app", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("client_request_id", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("trace_id", Text),
    Index("why403_failures_id", "id"),
    Index("why403_failures_seen", "seen"),
    Index("why403_failures_group", "fingerprint", "number"),
    Index("why403_failures_cause", "cause", "number"),
    Index("why403_failures_service", "service", "number"),
    Index("why403_failures_app", "app", "number"),
    Index("why403_failures_request", "request_id"),
    Index("why403_failures_client_request", "client_request_id"),
    Index("why403_failures_trace", "trace_id", sqlite_where=_TOLD, postgresql_where=_TOLD),
    sqlite_autoincrement=True,
)

RECORDS: Final = Table(
    "why403_records",
    METADATA,
    Column("number", _NUMBER, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
)
