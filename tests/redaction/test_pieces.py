from proxy_addons.redaction.pieces import Pending, as_is, escaped, in_json, in_markup


def test_text_inside_json_is_escaped_and_half_a_surrogate_pair_replaced() -> None:
    assert in_json('a"b\\c\nd\ud83d') == 'a\\"b\\\\c\\nd?'


def test_text_inside_markup_loses_what_xml_cannot_hold() -> None:
    assert in_markup('a<b>&"\x00\x1f\tc') == "a&lt;b&gt;&amp;&quot;\tc"


def test_finished_text_is_escaped_at_once_and_pending_text_later() -> None:
    done, waiting = escaped(['"', Pending('"')], in_json)
    assert done == '\\"'
    assert isinstance(waiting, Pending)
    assert waiting.escape('"') == '\\"'


def test_escapes_nest_from_the_inside_out() -> None:
    (piece,) = escaped(escaped([Pending("x")], in_json), in_markup)
    assert isinstance(piece, Pending)
    assert piece.escape('"') == "\\&quot;"


def test_as_is_changes_nothing() -> None:
    assert as_is('<"') == '<"'
