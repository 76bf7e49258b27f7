from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import proxy_addons
from proxy_addons.diagnosis.ruleset import RuleError
from proxy_addons.intake.rule_files import (
    load_folder,
    named_below,
    read_rules,
    read_texts,
    rules_directory,
    rules_stamp,
)

RULE = """\
id: {cause}
title: The call was refused
gate: permission
verdict: It was refused.
signatures:
  - certainty: certain
    basis: observed
    when: [{{response.status: 403}}]
deciding_test: Look.
status: stable
verified: 2026-11-21
"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for path in ("graph/graph-one.yaml", "exchange/exchange-one.yaml"):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text(RULE.format(cause=Path(path).stem))
    return tmp_path


def refusal(base: Path) -> str:
    with pytest.raises(RuleError) as raised:
        load_folder(base)
    return str(raised.value)


def test_every_rule_file_is_read_by_its_path_below_the_folder(base: Path) -> None:
    assert list(read_texts(base)) == ["exchange/exchange-one.yaml", "graph/graph-one.yaml"]


def test_rules_are_loaded_with_the_service_of_their_folder(base: Path) -> None:
    ruleset = load_folder(base)

    assert [(rule.id, rule.services) for rule in ruleset.rules] == [
        ("exchange-one", ("exchange",)),
        ("graph-one", ("graph",)),
    ]


def test_equal_files_have_an_equal_revision_wherever_they_lie(
    base: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = Path(shutil.copytree(base, tmp_path_factory.mktemp("elsewhere") / "rules"))

    assert load_folder(elsewhere).revision == load_folder(base).revision


def test_any_change_of_a_file_changes_the_revision(base: Path) -> None:
    before = load_folder(base).revision
    (base / "graph" / "graph-one.yaml").write_text(RULE.format(cause="graph-one") + "# a comment\n")

    assert load_folder(base).revision != before


def test_a_byte_order_mark_does_not_matter(base: Path) -> None:
    (base / "graph" / "graph-one.yaml").write_bytes(b"\xef\xbb\xbf" + RULE.format(cause="graph-one").encode())

    assert len(load_folder(base).rules) == 2


def test_without_a_folder_the_rules_that_ship_are_read() -> None:
    assert rules_directory().is_dir()
    assert list(read_texts()) == list(read_texts(rules_directory()))


def test_a_checkout_reads_the_rules_beside_the_package() -> None:
    package = Path(proxy_addons.__file__).parent

    assert rules_directory() in {package.parent / "rules", package / "_rules"}


def test_what_is_no_yaml_file_is_left_alone(base: Path) -> None:
    (base / "graph" / "notes.txt").write_text("notes")
    (base / "README.md").write_text("# Rules")

    assert len(read_texts(base)) == 2


def test_a_mistake_is_named_with_a_path_that_can_be_opened(base: Path) -> None:
    (base / "graph" / "graph-one.yaml").write_text(RULE.format(cause="graph-one") + "colour: red\n")

    assert refusal(base).startswith(f"{base}/graph/graph-one.yaml:12:1: colour: there is no such key")


def test_a_folder_that_is_not_there_is_named_with_the_remedy(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone") == f"{tmp_path}/gone:1:1: is no folder: name a folder of rules with --rules"


def test_a_folder_without_rules_is_named_with_the_remedy(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path}:1:1: holds no rule files (*.yaml): name a folder of rules with --rules"


def test_a_file_with_the_suffix_nobody_reads_is_not_overlooked(base: Path) -> None:
    (base / "graph" / "graph-two.yml").write_text(RULE.format(cause="graph-two"))

    assert refusal(base) == (f"{base}/graph/graph-two.yml:1:1: would never be read: rule files end in .yaml, rename it")


def test_a_file_in_another_encoding_is_named_with_the_place_of_the_first_wrong_byte(base: Path) -> None:
    (base / "graph" / "graph-one.yaml").write_bytes("id: graph-one\ntitle: Für Zürich\n".encode("latin-1"))

    assert refusal(base) == f"{base}/graph/graph-one.yaml:2:9: is no UTF-8: save the file in that encoding"


def test_a_folder_named_like_a_rule_file_is_named(base: Path) -> None:
    (base / "graph" / "graph-two.yaml").mkdir()

    assert refusal(base) == (
        f"{base}/graph/graph-two.yaml:1:1: cannot be read: Is a directory. Check the file's permissions"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_file_nobody_may_read_is_named_with_the_remedy(base: Path) -> None:
    (base / "graph" / "graph-one.yaml").chmod(0)

    assert "Permission denied. Check the file's permissions" in refusal(base)


def test_other_errors_pass_through_unnamed(base: Path) -> None:
    with pytest.raises(ZeroDivisionError), named_below(base):
        raise ZeroDivisionError


def test_rules_of_ones_own_are_laid_upon_those_that_ship(base: Path) -> None:
    shipped, both = read_rules(), read_rules(base)

    assert [rule.id for rule in both.rules] == [*(rule.id for rule in shipped.rules), "exchange-one", "graph-one"]
    assert both.revision not in {shipped.revision, load_folder(base).revision}
    assert both.reference == shipped.reference
    assert both.permissions == shipped.permissions


def test_rules_of_ones_own_may_stand_alone(base: Path) -> None:
    alone = read_rules(base, shipped=False)

    assert [rule.id for rule in alone.rules] == ["exchange-one", "graph-one"]
    assert alone.permissions == read_rules().permissions


def test_a_rule_that_takes_a_shipped_place_unasked_is_named_with_its_place(base: Path) -> None:
    cause = "graph-token-expired"
    (base / "graph" / f"{cause}.yaml").write_text(RULE.format(cause=cause))

    with pytest.raises(RuleError) as raised:
        read_rules(base)

    assert str(raised.value) == (
        f"{base}/graph/{cause}.yaml:1:1: `{cause}` is a cause why403 ships: say `replaces: {cause}` to take its place, "
        "or name it anew"
    )


def test_a_rule_that_says_so_takes_a_shipped_place(base: Path) -> None:
    cause = "graph-token-expired"
    (base / "graph" / f"{cause}.yaml").write_text(f"{RULE.format(cause=cause)}replaces: {cause}\n")

    ruleset = read_rules(base)

    assert ruleset.replaced == {cause: cause}
    assert [rule.title for rule in ruleset.rules if rule.id == cause] == ["The call was refused"]


def test_the_stamp_is_equal_until_somebody_touches_a_file(base: Path) -> None:
    before = rules_stamp(base)
    assert rules_stamp(base) == before

    (base / "graph" / "graph-one.yaml").write_text(RULE.format(cause="graph-one") + "# a comment\n")

    assert rules_stamp(base) != before


def test_the_stamp_sees_files_come_and_go(base: Path) -> None:
    before = rules_stamp(base)
    (base / "graph" / "graph-two.yaml").write_text("")
    between = rules_stamp(base)
    (base / "graph" / "graph-two.yaml").unlink()

    assert between != before
    assert rules_stamp(base) == before


def test_a_link_that_leads_nowhere_and_a_folder_that_is_gone_have_a_stamp_too(base: Path, tmp_path: Path) -> None:
    (base / "graph" / "graph-two.yaml").symlink_to(tmp_path / "gone")

    assert (f"{base}/graph/graph-two.yaml", 0, 0, 0) in rules_stamp(base)
    assert rules_stamp(tmp_path / "gone") == ()


def test_the_hidden_files_of_an_editor_are_no_rules(base: Path) -> None:
    (base / "graph" / ".#graph-one.yaml").symlink_to("somebody@somewhere:1")

    assert len(read_texts(base)) == 2


def test_a_mounted_config_map_is_read_once(base: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Kubernetes mounts `graph -> ..data/graph` and `..data -> ..2026_11_21`."""
    mounted = tmp_path_factory.mktemp("mounted")
    shutil.copytree(base / "graph", mounted / "..2026_11_21" / "graph")
    (mounted / "..data").symlink_to("..2026_11_21")
    (mounted / "graph").symlink_to("..data/graph")

    assert list(read_texts(mounted)) == ["graph/graph-one.yaml"]


def test_a_folder_that_leads_in_a_circle_has_an_end(base: Path) -> None:
    (base / "graph" / "again").symlink_to(base)

    assert "a rule base has the folders" in refusal(base)
