"""What a store holds, whichever database it is in."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection, inspect, text

from proxy_addons.redaction.originals import Originals
from proxy_addons.redaction.pseudonyms import Kind, Pseudonyms
from proxy_addons.redaction.record import Record
from proxy_addons.sinks.failure_filters import Filters
from proxy_addons.sinks.store.database import open_store
from proxy_addons.sinks.store.limits import Limits
from proxy_addons.sinks.store.migrations import MIGRATIONS, schema_version
from proxy_addons.sinks.store.reading import (
    find_record,
    list_failures,
    list_groups,
    number_of,
    read_records,
)
from proxy_addons.sinks.store.schema import FAILURES
from proxy_addons.sinks.store.stored_record import UnsafeRecordError, recognised, record_text
from proxy_addons.sinks.store.trouble import StoreError
from tests.sinks.reports import REPORT
from tests.sinks.store.stored import HOUR, NOON, number_in, opened, record, store_all, value

ALL = Filters()


def test_a_record_comes_back_as_it_was_stored(place: str) -> None:
    sent = replace(record(1), aliases=frozenset({("<user:0123456789ab>", "<name:0123456789ab>")}))
    store_all(place, sent)
    with opened(place) as database:
        stored = find_record(database, "f-000000000001")
    assert stored is not None
    assert stored.record() == sent
    assert stored.rules_revision == "r1"


def test_what_is_not_there_is_not_found(place: str) -> None:
    with opened(place) as database:
        assert find_record(database, "f-000000000001") is None
        assert number_of(database, "f-000000000001") is None
        assert list_failures(database, ALL, 10) == []


def test_a_storm_leaves_a_few_records_and_the_true_count(place: str) -> None:
    metrics = store_all(place, *(record(number) for number in range(5000)))
    with opened(place) as database:
        (group,) = list_groups(database, ALL, 10)
        assert len(list_failures(database, ALL, 100)) == 20
    assert group.occurrences == 5000
    assert value(metrics, "store_records_total") == 20
    assert value(metrics, "sink_writes_total", sink="store") == 5000


def test_a_group_takes_records_again_in_its_next_window(place: str) -> None:
    store_all(place, *map(record, range(30)))
    store_all(place, *map(record, range(30, 60)), now=NOON + HOUR / 2)
    store_all(place, *map(record, range(60, 90)), now=NOON + HOUR)
    with opened(place) as database:
        stored = [number_in(failure.id) for failure in list_failures(database, ALL, 100)]
        (group,) = list_groups(database, ALL, 10)
    assert stored == [*range(79, 59, -1), *range(19, -1, -1)]
    assert (group.occurrences, group.first_seen, group.last_seen) == (90, NOON * 1000, (NOON + HOUR) * 1000)


def test_two_writers_of_one_store_share_windows_and_counts(place: str) -> None:
    store_all(place, *map(record, range(15)))
    store_all(place, *map(record, range(15, 30)))
    with opened(place) as database:
        assert len(list_failures(database, ALL, 100)) == 20
        assert list_groups(database, ALL, 10)[0].occurrences == 30


def test_a_group_shows_its_parts(place: str) -> None:
    store_all(place, record(1, group=7))
    with opened(place) as database:
        (group,) = list_groups(database, ALL, 10)
    assert group.fingerprint == "g1-0000000000000007"
    assert (group.service, group.surface, group.operation, group.status) == ("graph", "graph", "GET /users", 403)
    assert (group.cause, group.identity) == ("graph-scope-missing", "user")
    assert (group.app, group.audience) == ("44444444-4444-4444-4444-444444444444", "https://graph.microsoft.com")


def test_pages_follow_each_other_without_gap_or_overlap(place: str) -> None:
    store_all(place, *(record(number, group=number) for number in range(25)))
    seen: list[str] = []
    before = None
    with opened(place) as database:
        while page := list_failures(database, ALL, 10, before):
            seen += [failure.id for failure in page]
            before = number_of(database, seen[-1])
    assert seen == [f"f-{number:012x}" for number in reversed(range(25))]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(since=int(NOON * 1000) + 1), [3]),
        (Filters(group="g1-0000000000000002"), [2]),
        (Filters(cause="graph-scope-missing"), [3, 2, 1]),
        (Filters(cause="another"), []),
        (Filters(service="exchange"), [2]),
        (Filters(app="44444444-4444-4444-4444-444444444444", service="graph"), [3, 1]),
        (Filters(request_id="55555555-5555-5555-5555-555555555555"), [1]),
        (Filters(request_id="66666666-6666-6666-6666-666666666666"), [3]),
        (Filters(trace=REPORT.exchange.trace_id), [3, 1]),
        (Filters(trace="0" * 31 + "1"), [2]),
    ],
    ids=str,
)
def test_filters_choose_failures(place: str, filters: Filters, found: list[int]) -> None:
    store_all(
        place,
        record(1, group=1, request_id="55555555-5555-5555-5555-555555555555"),
        record(2, group=2, service="exchange", trace_id="0" * 31 + "1"),
    )
    store_all(place, record(3, group=3, client_request_id="66666666-6666-6666-6666-666666666666"), now=NOON + 1)
    with opened(place) as database:
        assert [number_in(one.id) for one in list_failures(database, filters, 10)] == found
        assert [number_in(one.report.id) for one in read_records(database, filters)] == found


def test_filters_choose_groups(place: str) -> None:
    store_all(place, record(1, group=1), record(2, group=2, service="exchange"))
    store_all(place, record(3, group=3), now=NOON + 1)
    with opened(place) as database:

        def chosen(filters: Filters) -> list[str]:
            return [group.fingerprint[-1] for group in list_groups(database, filters, 10)]

        assert chosen(Filters(since=int(NOON * 1000) + 1)) == ["3"]
        assert chosen(Filters(service="exchange")) == ["2"]
        assert chosen(Filters(group="g1-0000000000000001", cause="graph-scope-missing")) == ["1"]
        assert chosen(Filters(app="another")) == []


def test_many_records_are_read_a_few_at_a_time(place: str) -> None:
    store_all(place, *(record(number, group=number) for number in range(250)))
    with opened(place) as database:
        assert [number_in(one.report.id) for one in read_records(database, ALL)] == [*reversed(range(250))]
        assert len(list(read_records(database, ALL, 130))) == 130


def test_old_failures_and_groups_are_forgotten_while_it_runs(place: str) -> None:
    store_all(place, record(1, group=1), record(2, group=2))
    metrics = store_all(place, record(3, group=2), limits=Limits(days=2), now=NOON + 3 * 24 * HOUR)
    with opened(place) as database:
        assert [one.id for one in list_failures(database, ALL, 10)] == ["f-000000000003"]
        assert [(one.fingerprint[-1], one.occurrences) for one in list_groups(database, ALL, 10)] == [("2", 2)]
        assert find_record(database, "f-000000000001") is None
    assert value(metrics, "store_expired_total") == 2


def test_the_oldest_go_when_there_are_too_many(place: str) -> None:
    store_all(place, *(record(number, group=number) for number in range(30)))
    store_all(place, record(30, group=30), limits=Limits(days=36_500, records=10))
    with opened(place) as database:
        assert [number_in(one.id) for one in list_failures(database, ALL, 100)] == [*range(30, 20, -1)]
        assert len(list_groups(database, ALL, 100)) == 31


def test_the_oldest_go_when_they_take_too_much_room(place: str) -> None:
    heavy = [Record(record(number, group=number).report, {"text": "x" * 10_000}) for number in range(10)]
    store_all(place, *heavy)
    store_all(place, record(10, group=10), limits=Limits(days=36_500, size=45_000))
    with opened(place) as database:
        kept = [number_in(one.id) for one in list_failures(database, ALL, 100)]
    assert kept == [10, 9, 8, 7]


def test_what_redaction_missed_is_counted_and_not_written(place: str) -> None:
    forgotten = replace(
        REPORT, notes=("Zwiebelkuchen77",), exchange=replace(REPORT.exchange, operation="Zwiebelkuchen77")
    )
    leaking = Record(forgotten, {}, originals=Originals({"Zwiebelkuchen77": Kind.SECRET}))
    metrics = store_all(place, leaking)
    with opened(place) as database:
        (group,) = list_groups(database, ALL, 10)
        assert list_failures(database, ALL, 10) == []
    assert (group.occurrences, group.operation, group.app) == (1, "", "")
    assert value(metrics, "store_dropped_total", reason="unsafe") == 1


@pytest.mark.parametrize(
    "secret",
    [
        'Zwiebelkuchen77",',
        'Zwiebel":"kuchen77',
        'Zwiebel","kuchen77',
        '"Zwiebelkuchen77',
        'Zwiebelkuchen77":',
        "Zw\\77kuchen",
    ],
)
def test_what_redaction_missed_is_found_with_the_marks_of_json_in_it_as_well(secret: str) -> None:
    leaking = Record(replace(REPORT, notes=("x", secret, "y")), {}, originals=Originals({secret: Kind.SECRET}))
    with pytest.raises(UnsafeRecordError):
        record_text(leaking, "r1")


def test_characters_no_database_likes_cost_nothing_else(place: str) -> None:
    store_all(place, record(1, operation="GET /a\0b\ud800", error_code="c\0d"), record(2, group=1))
    with opened(place) as database:
        assert {one.id for one in list_failures(database, ALL, 10)} >= {"f-000000000002"}
        assert sum(group.occurrences for group in list_groups(database, ALL, 10)) == 2


def test_an_object_id_known_from_one_record_is_recognised_in_another(place: str) -> None:
    person = "0d9f8e7c-6b5a-4938-8271-605f4e3d2c1b"
    pseudonyms = Pseudonyms(b"k" * 32)
    shown = pseudonyms.of(Kind.USER, person.replace("-", "_"))
    knows = replace(record(1), originals=Originals({}, frozenset(), {person: shown}))
    echoes = Record(replace(record(2, group=1).report, notes=(f"{person} is gone",)), {})
    store_all(place, knows, echoes)
    with opened(place) as database:
        records = recognised(list(read_records(database, ALL)), pseudonyms)
    assert records[0].originals.object_ids == {person: shown}
    assert len(records[0].originals) == 1


def test_an_older_schema_is_brought_up_to_date_with_everything_in_it(place: str) -> None:
    store_all(place, record(1))

    def add_column(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE why403_groups ADD COLUMN remark TEXT"))

    open_store(place, (*MIGRATIONS, add_column)).close()
    database = open_store(place, (*MIGRATIONS, add_column))
    with database.reading() as connection:
        assert schema_version(connection) == len(MIGRATIONS) + 1
        assert connection.execute(text("SELECT remark FROM why403_groups")).all() == [(None,)]
    assert len(list_failures(database, ALL, 10)) == 1
    database.close()


def _as_before_traces(place: str) -> None:
    """Take a store back to the first version of its tables."""
    with opened(place) as database, database.writing() as connection:
        for statement in (
            "DROP INDEX why403_failures_trace",
            "ALTER TABLE why403_failures DROP COLUMN trace_id",
            "UPDATE why403_schema SET version = 1",
        ):
            connection.execute(text(statement))


def _tables(place: str) -> list[str]:
    """Every column and index, in one order."""
    with opened(place) as database, database.reading() as connection:
        seen = inspect(connection)
        found = [
            f"{name}.{each['name']} {each['type']} {each['nullable']}"
            for name in seen.get_table_names()
            for each in seen.get_columns(name)
        ]
        for name in seen.get_table_names():
            for each in seen.get_indexes(name):
                options = {option: str(value) for option, value in each.get("dialect_options", {}).items()}
                found.append(f"{each['name']} of {each['column_names']} {options}")
    return sorted(found)


def test_failures_stored_before_traces_were_searched_for_are_found_by_trace(place: str) -> None:
    traced = REPORT.exchange.trace_id
    decoy = f'"trace_id":"{"a" * 32}"'
    store_all(place, record(1, 1), record(2, 2, trace_id=""), record(3, 3, operation=decoy), record(4, 4))
    store_all(place, record(5, 5, operation=decoy, trace_id=""))
    with opened(place) as database, database.writing() as connection:
        connection.execute(text("UPDATE why403_records SET body = '{' WHERE number = 4"))
    made = _tables(place)
    _as_before_traces(place)

    with opened(place) as database:
        assert [number_in(one.id) for one in list_failures(database, Filters(trace=traced), 10)] == [3, 1]
        assert list_failures(database, Filters(trace="a" * 32), 10) == []
        assert [one.trace_id for one in list_failures(database, ALL, 10)] == [None, None, traced, None, traced]
    assert _tables(place) == made


def test_an_older_proxy_that_still_runs_goes_on_storing(place: str) -> None:
    store_all(place, record(1))
    with opened(place) as database, database.writing() as connection:
        columns = ", ".join(column.name for column in FAILURES.columns if column.name not in {"number", "trace_id"})
        connection.execute(
            text(f"INSERT INTO why403_failures ({columns}) SELECT {columns} FROM why403_failures")  # noqa: S608  # names
        )
    with opened(place) as database:
        assert [one.trace_id for one in list_failures(database, ALL, 10)] == [None, REPORT.exchange.trace_id]


def test_a_trace_is_looked_up_in_its_index(place: str) -> None:
    store_all(place, record(1))
    with opened(place) as database, database.reading() as connection:
        asked = "SELECT id FROM why403_failures WHERE trace_id = :trace"
        if connection.dialect.name == "postgresql":
            # It reads so small a table whole; what is asked is whether it could do otherwise.
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            explain = f"EXPLAIN {asked}"
        else:
            explain = f"EXPLAIN QUERY PLAN {asked}"
        plan = str(connection.execute(text(explain), {"trace": REPORT.exchange.trace_id}).all())
    assert "why403_failures_trace" in plan


def test_a_newer_schema_is_left_alone_with_one_clear_line(place: str) -> None:
    open_store(place, (*MIGRATIONS, lambda _: None)).close()
    with pytest.raises(StoreError) as caught:
        open_store(place)
    known = len(MIGRATIONS)
    assert f"was written by a newer why403 (schema {known + 1}, this one knows {known})" in str(caught.value)
    assert str(caught.value).endswith("Remedy: update this why403, or choose another store.")
    assert "\n" not in str(caught.value)


def test_a_migration_that_fails_leaves_the_store_as_it_was(place: str) -> None:
    store_all(place, record(1))

    def breaks(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE why403_groups ADD COLUMN remark TEXT"))
        connection.execute(text("ALTER TABLE no_such_table ADD COLUMN remark TEXT"))

    with pytest.raises(StoreError):
        open_store(place, (*MIGRATIONS, breaks))
    with opened(place) as database, database.reading() as connection:
        assert schema_version(connection) == len(MIGRATIONS)
        assert len(list_failures(database, ALL, 10)) == 1
        columns = [row[0] for row in connection.execute(text("SELECT fingerprint FROM why403_groups"))]
        assert len(columns) == 1
