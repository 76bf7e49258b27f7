from __future__ import annotations

from proxy_addons.diagnosis.permissions.accepted import Trait
from proxy_addons.diagnosis.permissions.observed import excess, minimum, weigher
from tests.support.permission_tables import APP, WORK, data, entry

TRAITS = {
    name: {WORK: Trait(level), APP: Trait(level)}
    for name, level in {
        "Mail.ReadBasic": 1,
        "Mail.Read": 2,
        "Mail.ReadWrite": 3,
        "User.Read": 1,
        "Rare.Read": 2,
    }.items()
}
KNOWN = data(
    entry("GET /me", ["User.Read"], []),
    entry("GET /me/messages", ["Mail.ReadBasic", "Mail.Read", "Mail.ReadWrite"], ["Mail.Read"]),
    entry("GET /me/messages/{id}", ["Mail.Read", "Mail.ReadWrite"], None),
    entry("PATCH /me/messages/{id}", ["Mail.ReadWrite"], []),
    entry("GET /rare", ["Rare.Read", "Mail.Read"], []),
    traits=TRAITS,
)
ME, LIST, ITEM, CHANGE, RARE = KNOWN.graph[0]


def test_the_least_set_opens_every_operation_seen() -> None:
    found = minimum(WORK, {LIST: 2, ITEM: 1, ME: 1}, KNOWN)
    assert (found.permissions, found.exact) == (("Mail.Read", "User.Read"), True)


def test_the_matrix_says_which_permission_opens_which_operation() -> None:
    found = minimum(WORK, {LIST: 2, CHANGE: 1}, KNOWN)
    proof = [(need.operation.name, need.calls, need.opened_by) for need in found.needs]
    assert proof == [
        ("GET /me/messages", 2, ("Mail.ReadWrite",)),
        ("PATCH /me/messages/{id}", 1, ("Mail.ReadWrite",)),
    ]


def test_what_the_scheme_does_not_offer_is_told_apart() -> None:
    found = minimum(APP, {LIST: 1, CHANGE: 1, ITEM: 1}, KNOWN)
    assert (found.permissions, found.unsupported) == (("Mail.Read",), (CHANGE,))


def test_of_two_with_the_same_level_the_one_that_opens_less_is_taken() -> None:
    assert minimum(WORK, {RARE: 1}, KNOWN).permissions == ("Rare.Read",)


def test_a_higher_level_weighs_more_than_any_breadth() -> None:
    weight = weigher(WORK, KNOWN)
    assert weight("Mail.ReadBasic") < weight("Mail.Read") < weight("Mail.ReadWrite") < weight("Nobody.Rated")


def test_what_no_call_needed_is_unused() -> None:
    found = excess(WORK, ["User.Read", "Mail.Read", "openid"], [ME], KNOWN)
    assert (found.kept, found.unused, found.replaceable, found.unknown) == (("User.Read",), ("Mail.Read",), (), ())


def test_what_a_narrower_one_could_do_is_replaceable() -> None:
    found = excess(WORK, ["mail.readbasic", "Mail.ReadWrite"], [LIST], KNOWN)
    assert (found.kept, found.replaceable) == (("mail.readbasic",), ("Mail.ReadWrite",))


def test_how_much_of_the_api_was_seen_is_told() -> None:
    found = excess(WORK, ["Mail.ReadWrite"], [LIST], KNOWN)
    assert (found.seen, found.reach_of) == (1, {"Mail.ReadWrite": 3})


def test_of_a_name_no_table_knows_nothing_is_said() -> None:
    found = excess(WORK, ["Own.Role"], [ME], KNOWN)
    assert (found.unknown, found.unused) == (("Own.Role",), ())
