from proxy_addons.redaction.pseudonyms import PSEUDONYM, Kind, Pseudonyms, renumbering

ONE, OTHER = Pseudonyms(b"one key of sixteen bytes"), Pseudonyms(b"another key of 16 bytes!")


def test_the_same_value_gets_the_same_stand_in() -> None:
    assert ONE.of(Kind.USER, "jane") == ONE.of(Kind.USER, "jane")
    assert PSEUDONYM.search(ONE.of(Kind.USER, "jane"))


def test_another_installation_another_kind_or_another_value_give_another_stand_in() -> None:
    shown = {
        ONE.of(Kind.USER, "jane"),
        OTHER.of(Kind.USER, "jane"),
        ONE.of(Kind.NAME, "jane"),
        ONE.of(Kind.USER, "john"),
    }
    assert len(shown) == 4


def test_the_key_is_not_printed() -> None:
    assert "one key" not in repr(ONE)


def test_stand_ins_are_numbered_in_order_of_appearance_per_kind() -> None:
    jane, john, address = ONE.of(Kind.USER, "jane"), ONE.of(Kind.USER, "john"), ONE.of(Kind.IP, "::1")
    numbers = renumbering([f"{john} from {address}", f"{jane} and {john}"], [])
    assert numbers.apply(f"{jane} {john} {address}") == "<user:2> <user:1> <ip:1>"
    assert dict(numbers.count()) == {"user": 2, "ip": 1}


def test_a_stand_in_is_found_behind_escaped_brackets_too() -> None:
    jane = ONE.of(Kind.USER, "jane")
    escaped = jane.replace("<", "&lt;").replace(">", "&gt;")
    assert renumbering([jane], []).apply(escaped) == "&lt;user:1&gt;"


def test_stand_ins_of_one_person_get_one_number() -> None:
    mail, object_id, other = (ONE.of(Kind.USER, value) for value in ("mail", "oid", "other"))
    numbers = renumbering([f"{object_id} {other} {mail}"], [(mail, object_id), (object_id, mail), (mail, mail)])
    assert numbers.apply(f"{mail} {object_id} {other}") == "<user:1> <user:1> <user:2>"


def test_aliases_hold_across_chains() -> None:
    a, b, c = (ONE.of(Kind.USER, value) for value in "abc")
    assert renumbering([f"{a} {b} {c}"], [(a, b), (b, c)]).apply(f"{a} {b} {c}") == "<user:1> <user:1> <user:1>"


def test_an_unknown_stand_in_stays() -> None:
    assert renumbering([], []).apply("<user:000000000000>") == "<user:000000000000>"
