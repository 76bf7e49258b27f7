"""The table: what is measured, in the order it is printed, and what is to be reached."""

from __future__ import annotations

from typing import Final

from bench.speed.figure import Goal

GOALS: Final = (
    Goal("plain", "healthy, no TLS: calls/s against stock mitmdump", 1.8, "x", at_least=True),
    Goal("plain-p99", "healthy, no TLS: 99th percentile of latency against stock", 1.0, "x"),
    Goal("tls", "healthy, TLS on both sides: calls/s against stock", 1.8, "x", at_least=True),
    Goal("tls-p99", "healthy, TLS on both sides: 99th percentile of latency against stock", 1.0, "x"),
    Goal("some-refused", "5 % refused, each diagnosed, stored, logged: calls/s against stock", 1.5, "x", at_least=True),
    Goal("thousand-kinds", "all refused, 1,000 kinds: calls/s against stock", 0.8, "x", at_least=True),
    Goal("one-kind", "all refused, one kind: calls/s against stock", 1.2, "x", at_least=True),
    Goal("own-cpu", "our own CPU per healthy call", 60, "µs"),
    Goal("connections", "a new TLS connection for each call: calls/s against stock", 1.0, "x", at_least=True),
    Goal("download-memory", "500 MB download: peak memory above idle", 40, "MB"),
    Goal("upload-memory", "500 MB upload: peak memory above idle", 40, "MB"),
    Goal("first-byte", "500 MB download: time to first byte, more than direct", 30, "ms"),
    Goal("batch", "a $batch answer of 100 KB that is read: extra latency", 2, "ms"),
    Goal("ews", "an EWS answer of 100 KB that is read: extra latency", 2, "ms"),
    Goal("lasting-memory", "memory after 1,000,000 calls and 100,000 refusals against after 10,000", 1.2, "x"),
    Goal("start", "start to first accepted connection against mitmdump", 1.5, "x"),
    Goal("help", "why403 --help", 150, "ms"),
    Goal("workers", "--workers 2, all on two cores: calls/s against one stock mitmdump", 2.8, "x", at_least=True),
    Goal("replicas", "two replicas behind HAProxy, all on two cores: calls/s against one", 1.7, "x", at_least=True),
)
BY_KEY: Final = {goal.key: goal for goal in GOALS}
