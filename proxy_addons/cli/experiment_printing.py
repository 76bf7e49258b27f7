"""An experiment for people and programs: what was, or would be, sent, and what it proves."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import orjson

from proxy_addons.cli.plain_format import PlainFormat
from proxy_addons.cli.printing import print_out
from proxy_addons.diagnosis.report import failure_json
from proxy_addons.diagnosis.report_text import headline, one_line, printable, terminal_box
from proxy_addons.redaction.pseudonyms import Pseudonyms
from proxy_addons.redaction.record import redact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proxy_addons.cli.experiment_run import Experiment
    from proxy_addons.diagnosis.experiment import Trial
    from proxy_addons.diagnosis.failure import Failure


def print_plan(failure: Failure, planned: Sequence[Trial], announced: Sequence[str]) -> None:
    """What would be sent."""
    report = redact(failure, Pseudonyms(secrets.token_bytes(32))).report
    words = [
        "as recorded",
        *("with that token" for _ in announced),
        *(trial.words for trial in planned),
        "as recorded, once more, if a change works",
    ]
    lines = [
        f"{headline(report)}: {one_line(report)}",
        "",
        *(f"It would ask for {line}." for line in announced),
        f"It would send this call to {failure.exchange.request.host}:",
        "",
        *(f"  {number}  {printable(each)}" for number, each in enumerate(words, 1)),
        "",
        "Nothing was sent. Add --yes to send it.",
    ]
    print_out("\n".join(lines) + "\n")


def print_experiment(failure: Failure, experiment: Experiment, asked: Sequence[str], form: PlainFormat) -> None:
    """What was sent, the conclusion, and the diagnosis after it."""
    if form is PlainFormat.JSON:
        print_out(
            orjson.dumps(_as_json(failure, experiment, asked), option=orjson.OPT_INDENT_2).decode() + "\n",
            encoding="utf-8",
        )
        return
    outcomes = experiment.outcomes
    width = max(len(outcome.trial.words) for outcome in outcomes)
    lines = [
        *(f"Asked for {line}." for line in asked),
        f"Sent to {failure.exchange.request.host}: {headline(experiment.report).partition('  ')[2]}",
        "",
        *(
            f"  {number}  {printable(outcome.trial.words):<{width}}  {outcome.shown_status}"
            f"{f'  {outcome.cause}' if outcome.cause else ''}"
            for number, outcome in enumerate(outcomes, 1)
        ),
        "",
        experiment.conclusion.sentence,
        "",
        terminal_box(experiment.report),
    ]
    print_out("\n".join(lines) + "\n")


def _as_json(failure: Failure, experiment: Experiment, asked: Sequence[str]) -> dict[str, object]:
    return {
        "schema": "why403.experiment/1",
        "id": failure.report.id,
        "asked": list(asked),
        "sent": [
            {
                "change": outcome.trial.change.value,
                "words": outcome.trial.words,
                "method": outcome.trial.request.method,
                "host": outcome.trial.request.host,
                "status": outcome.status,
                "accepted": outcome.accepted,
                "cause": outcome.cause,
            }
            for outcome in experiment.outcomes
        ],
        "result": experiment.conclusion.result.value,
        "turned_by": [outcome.trial.change.value for outcome in experiment.conclusion.turned_by],
        "sentence": experiment.conclusion.sentence,
        "failure": failure_json(experiment.report),
    }
