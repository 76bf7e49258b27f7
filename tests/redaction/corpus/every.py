"""The whole corpus."""

from __future__ import annotations

from tests.redaction.corpus import entra, exchange_online, graph, odd_bodies

CASES = (*graph.CASES, *entra.CASES, *exchange_online.CASES, *odd_bodies.CASES)
