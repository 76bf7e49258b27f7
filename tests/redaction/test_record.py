from proxy_addons.diagnosis.failure import Failure
from proxy_addons.redaction.record import Record, redact, redact_exchange
from tests.redaction.finished import PSEUDONYMS
from tests.redaction.test_clean_report import EXCHANGE, JANE, REPORT


def record() -> Record:
    return redact(Failure(EXCHANGE, REPORT), PSEUDONYMS)


def test_a_record_holds_report_and_exchange_without_the_people() -> None:
    assert JANE not in str(record().har_entry)
    assert JANE not in repr(record().report)


def test_the_originals_are_kept_for_the_sweep_and_not_printed() -> None:
    assert JANE in record().originals.forbidden
    assert JANE not in repr(record())


def test_what_was_removed_is_told_by_kind_and_place() -> None:
    kept = record()
    assert kept.removed["user"] > 0
    assert sum(kept.removed.values()) == sum(removal.count for removal in kept.removals)
    assert "request URL" in {removal.place for removal in kept.removals}


def test_one_person_has_one_stand_in_in_every_record() -> None:
    assert record().har_entry == record().har_entry
    assert record().report == record().report


def test_an_exchange_without_diagnosis_is_redacted_the_same_way() -> None:
    entry = redact_exchange(EXCHANGE, PSEUDONYMS)
    assert entry.har_entry == record().har_entry
    assert JANE not in repr(entry)
