from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from proxy_addons.diagnosis.report_html import Page, html_page
from proxy_addons.diagnosis.report_style import STYLE
from proxy_addons.diagnosis.verdict import Certainty, Diagnosis, Fix, Gate, GateReading, GateState, Helper, OpenQuestion
from tests.sinks.reports import MISSING_SCOPE, NOT_LICENSED, REPORT, UNREACHED, assert_golden, led_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy_addons.diagnosis.failure_report import FailureReport

GOLDEN: Final = Path(__file__).parent / "golden" / "report.html"
PAGE: Final = Page(source="traffic.har", exchanges=12, tool_version="1.2.3", rules_revision="0123abcd")
HOSTILE: Final = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'</style>&amp;\u202egnp.exe\x1b[2J`"
EMPTY_TAGS: Final = frozenset({"meta"})


def shown(*reports: FailureReport, page: Page = PAGE) -> str:
    return "".join(html_page(page, [("traffic.har", report) for report in reports]))


class Reader(HTMLParser):
    """What a browser sees: tags with their attributes, balanced, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, and that it has to be closed."""
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._open += [tag] if tag not in EMPTY_TAGS else []

    def handle_endtag(self, tag: str) -> None:
        """Close the tag that was opened last."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note what is shown."""
        self.text += data if "style" not in self._open else ""

    def attributes(self, tag: str) -> Iterator[dict[str, str]]:
        """The attributes of every tag of this name."""
        return (attributes for name, attributes in self.tags if name == tag)


def hostile() -> FailureReport:
    """A report in which every text a token, an answer or a rule could fill is an attack."""
    finding = replace(
        MISSING_SCOPE,
        title=HOSTILE,
        verdict=HOSTILE,
        evidence=tuple(replace(seen, fact=HOSTILE, value=HOSTILE, seen_in=HOSTILE) for seen in MISSING_SCOPE.evidence),
        deciding_test=HOSTILE,
        fixes=(Fix(Helper.DEVELOPER, HOSTILE, (HOSTILE,)),),
        propagation=HOSTILE,
        references=(HOSTILE, "javascript:alert(1)", f"https://example.com/{HOSTILE}"),
    )
    return replace(
        REPORT,
        exchange=replace(
            REPORT.exchange,
            method=HOSTILE,
            url=HOSTILE,
            operation=HOSTILE,
            time=HOSTILE,
            error_code=HOSTILE,
            error_message=HOSTILE,
            support_headers=((HOSTILE, HOSTILE),),
        ),
        token=replace(REPORT.token, app=HOSTILE, tenant=HOSTILE, audience=HOSTILE, permissions=(HOSTILE,)),
        diagnosis=Diagnosis(
            findings=(finding, finding),
            gates=(GateReading(Gate.PERMISSION, GateState.FAILED, HOSTILE),),
            open_questions=(OpenQuestion(HOSTILE, (HOSTILE,)),),
        ),
        notes=(HOSTILE,),
    )


def test_the_page_keeps_its_form() -> None:
    asked = OpenQuestion("Which roles does the app hold?", ("graph-scope-missing",))
    gates = (
        GateReading(Gate.NETWORK, GateState.PASSED, "the service itself answered"),
        *REPORT.diagnosis.gates,
        GateReading(Gate.ROLE, GateState.UNKNOWN, "nothing was asked of it"),
    )
    full = replace(
        REPORT,
        diagnosis=replace(REPORT.diagnosis, gates=gates, open_questions=(asked, OpenQuestion("When did it start?"))),
        exchange=replace(REPORT.exchange, support_headers=(("request-id", REPORT.exchange.request_id),)),
        notes=("The same app succeeded with `GET /users` 3 min earlier.",),
    )
    page = replace(PAGE, problems=("traffic.har: log.entries[3]: request.url: field required; left out",))

    assert_golden(GOLDEN, shown(full, UNREACHED, page=page))


def test_nothing_that_was_sent_becomes_markup() -> None:
    plain, attacked = Reader(shown(led_by(MISSING_SCOPE))), Reader(shown(hostile(), page=replace(PAGE, source=HOSTILE)))

    known = {tag for tag, _ in plain.tags} | {"details", "summary"}
    assert {tag for tag, _ in attacked.tags} == known | {"dl", "dt", "dd", "ol"}
    assert not any(name.startswith("on") for _, attributes in attacked.tags for name in attributes)
    assert attacked.text.count("<script>alert(1)</script>") > 20


def test_nothing_that_was_sent_turns_the_direction_of_reading_or_moves_a_cursor() -> None:
    page = shown(hostile(), page=replace(PAGE, source=HOSTILE))

    assert "\u202e" not in page
    assert "\x1b" not in page


def test_only_https_becomes_a_link_and_it_tells_nobody_where_it_comes_from() -> None:
    links = [link for link in Reader(shown(hostile())).attributes("a") if not link["href"].startswith("#")]

    assert links
    assert all(link["href"].startswith("https://example.com/") and link["rel"] == "noreferrer" for link in links)


def test_the_page_needs_nothing_but_itself() -> None:
    page = Reader(shown(REPORT, UNREACHED))

    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "form", "base"}
    assert not any("src" in attributes or "style" in attributes for _, attributes in page.tags)
    assert "url(" not in STYLE
    assert "@import" not in STYLE


def test_a_browser_is_told_to_apply_this_style_sheet_and_load_nothing() -> None:
    page = shown(REPORT)
    sheet = page.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()

    policy = next(meta["content"] for meta in Reader(page).attributes("meta") if "http-equiv" in meta)

    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_every_cause_has_one_row_that_leads_to_its_refusals() -> None:
    page = Reader(shown(REPORT, UNREACHED, REPORT))

    rows = re.findall(r"\n(.+?)(\d+)((?: ?#\d)+)", page.text)
    assert [(times, links.split()) for _, times, links in rows[:2]] == [("2", ["#1", "#3"]), ("1", ["#2"])]
    targets = {attributes["id"] for attributes in page.attributes("article")}
    assert {link["href"][1:] for link in page.attributes("a") if link["href"].startswith("#")} == targets


def test_a_cause_of_very_many_refusals_leads_to_the_first_dozen() -> None:
    assert "#12 and 8 more" in Reader(shown(*[REPORT] * 20)).text


def test_nothing_refused_is_said_in_so_many_words() -> None:
    text = Reader(shown()).text

    assert "0 refused of 12 exchanges" in text
    assert "Nothing was refused." in text


def test_one_exchange_is_one_exchange() -> None:
    assert "1 refused of 1 exchange\n" in Reader(shown(REPORT, page=replace(PAGE, exchanges=1))).text


def test_where_several_recordings_were_read_each_failure_names_its_own() -> None:
    several = "".join(html_page(PAGE, [("a.har", REPORT), ("b.har", REPORT)]))

    assert "· b.har" in Reader(several).text
    assert "· traffic.har" not in Reader(shown(REPORT, REPORT)).text


def test_a_failure_without_a_time_says_so() -> None:
    assert "time not recorded" in shown(replace(REPORT, exchange=replace(REPORT.exchange, time="")))


def test_a_finding_that_offers_nothing_shows_no_empty_headings() -> None:
    text = Reader(shown(led_by(NOT_LICENSED))).text

    assert not {"Evidence", "What decides", "Fix", "References", "Open questions"} & set(text.splitlines())


def test_what_takes_time_is_said_even_where_nobody_can_help() -> None:
    text = Reader(shown(led_by(replace(NOT_LICENSED, propagation="Within an hour.")))).text

    assert "Fix\nTakes effect: Within an hour." in text


@pytest.mark.parametrize(("sentence", "code"), [("Run `az login` now", ["az login"]), ("A lone ` stays", [])])
def test_backticks_in_pairs_mark_code(sentence: str, code: list[str]) -> None:
    page = shown(led_by(replace(NOT_LICENSED, verdict=sentence)))
    verdict = page.split('<p class="verdict">')[1].split("</p>")[0]

    assert re.findall(r"<code>(.*?)</code>", verdict) == code
    assert Reader(verdict).text == (sentence.replace("`", "") if code else sentence)


def test_headings_step_down_without_gaps() -> None:
    levels = [int(tag[1]) for tag, _ in Reader(shown(REPORT, UNREACHED)).tags if re.fullmatch(r"h\d", tag)]

    assert levels[0] == 1
    assert all(lower - upper <= 1 for upper, lower in pairwise(levels))


def test_what_scrolls_can_be_reached_with_the_keyboard() -> None:
    assert all(attributes.get("tabindex") == "0" for attributes in Reader(shown(REPORT)).attributes("pre"))


def test_a_gates_state_is_said_in_words_and_not_only_in_colour() -> None:
    assert "permission failed" in Reader(shown(REPORT)).text


@pytest.mark.parametrize("certainty", Certainty)
def test_how_sure_a_finding_is_stands_in_words_beside_it(certainty: Certainty) -> None:
    assert f'<span class="badge {certainty}">{certainty}</span>' in shown(
        led_by(replace(NOT_LICENSED, certainty=certainty))
    )


PAIRS: Final = (
    *((text, ground) for text in ("text", "quiet", "link", "bad") for ground in ("page", "card")),
    ("text", "code"),
    ("bad", "bad-fill"),
    ("good", "good-fill"),
    ("warn", "warn-fill"),
    ("open", "open-fill"),
)
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    for block in re.findall(r":root \{\n(.*?)\}", STYLE, re.DOTALL)[:2]
)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS, ids=str)
def test_text_stands_out_from_its_ground_as_wcag_aa_demands(colours: dict[str, str], text: str, ground: str) -> None:
    brighter, darker = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)

    assert (brighter + 0.05) / (darker + 0.05) >= 4.5
