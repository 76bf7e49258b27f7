from proxy_addons.sinks.store.buffer import CROWD, WINDOW_MS, Buffer, Entry, Outcome
from tests.sinks.store.stored import record


def entry(number: int, group: int = 0, seen: int = 1000) -> Entry:
    return Entry(record(number, group=group), "r1", seen)


def test_of_a_group_no_more_records_wait_than_may_be_kept() -> None:
    buffer = Buffer(of_a_group=2)
    outcomes = [buffer.add(entry(number)) for number in range(4)]
    assert outcomes == [Outcome.KEPT, Outcome.KEPT, Outcome.COUNTED, Outcome.COUNTED]
    batch = buffer.take(10)
    assert [len(batch.entries), batch.failures] == [2, 4]


def test_a_group_that_is_full_is_only_counted_until_its_window_ends() -> None:
    buffer = Buffer(of_a_group=2)
    buffer.note_full({record(0).report.fingerprint: WINDOW_MS})
    assert buffer.add(entry(1, seen=WINDOW_MS - 1)) is Outcome.COUNTED
    assert buffer.add(entry(2, seen=WINDOW_MS)) is Outcome.KEPT


def test_a_window_of_a_clock_that_was_put_back_counts_no_more() -> None:
    buffer = Buffer(of_a_group=2)
    buffer.note_full({record(0).report.fingerprint: 3 * WINDOW_MS})
    assert buffer.add(entry(1, seen=WINDOW_MS)) is Outcome.KEPT
    assert buffer.add(entry(2, seen=2 * WINDOW_MS)) is Outcome.COUNTED


def test_a_batch_put_back_waits_first_and_nothing_is_counted_twice() -> None:
    buffer = Buffer(of_a_group=20)
    for number in range(3):
        buffer.add(entry(number, seen=number))
    batch = buffer.take(2)
    buffer.add(entry(3, seen=3))
    buffer.put_back(batch)
    again = buffer.take(10)
    assert [one.record.report.id[-1] for one in again.entries] == ["0", "1", "2", "3"]
    (tally,) = again.tallies.values()
    assert (tally.count, tally.first, tally.last) == (4, 0, 3)


def test_a_record_beyond_the_bound_is_dropped_and_its_occurrence_counted() -> None:
    buffer = Buffer(of_a_group=20, records_at_most=1)
    assert [buffer.add(entry(number, group=number)) for number in range(2)] == [Outcome.KEPT, Outcome.RECORD_DROPPED]
    assert buffer.take(10).failures == 2


def test_a_record_left_for_the_next_batch_brings_its_group_along() -> None:
    buffer = Buffer(of_a_group=20)
    buffer.add(entry(1, group=1))
    buffer.add(entry(2, group=2))
    assert buffer.take(1).failures == 2
    rest = buffer.take(1)
    assert [one.record.report.id[-1] for one in rest.entries] == ["2"]
    assert [tally.count for tally in rest.tallies.values()] == [0]


def test_while_many_wait_only_the_first_record_of_a_group_is_kept() -> None:
    buffer = Buffer(of_a_group=CROWD, records_at_most=2 * CROWD)
    for number in range(CROWD):
        assert buffer.add(entry(number, group=1)) is Outcome.KEPT
    assert buffer.add(entry(CROWD, group=2)) is Outcome.KEPT
    assert buffer.add(entry(CROWD + 1, group=2)) is Outcome.COUNTED
    assert buffer.add(entry(CROWD + 2, group=2, seen=1000 + WINDOW_MS)) is Outcome.KEPT
    assert buffer.take(CROWD + 3).failures == CROWD + 3
    assert buffer.add(entry(CROWD + 4, group=2)) is Outcome.KEPT
