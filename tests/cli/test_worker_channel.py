"""Frames through a pipe."""

import asyncio

from proxy_addons.cli.worker_channel import Plan, Told, frame, read_frame


def frames(content: bytes) -> list[tuple[Told, bytes] | None]:
    """What is read from a pipe that ends after `content`; the last is None."""

    async def read() -> list[tuple[Told, bytes] | None]:
        stream = asyncio.StreamReader()
        stream.feed_data(content)
        stream.feed_eof()
        found = [await read_frame(stream)]
        while found[-1] is not None:
            found.append(await read_frame(stream))
        return found

    return asyncio.run(read())


def test_messages_arrive_one_by_one_and_whole() -> None:
    sent = [(Told.LOG, b"two\nlines"), (Told.LOADED, b""), (Told.STATE, b"x" * 100_000)]
    assert frames(b"".join(frame(*message) for message in sent)) == [*sent, None]


def test_a_message_whose_sender_went_away_in_the_middle_is_the_end() -> None:
    assert frames(frame(Told.LOG, b"whole") + frame(Told.LOG, b"half")[:-1]) == [(Told.LOG, b"whole"), None]


def test_what_nobody_here_would_send_is_the_end() -> None:
    assert frames(b"?\0\0\0\0") == [None]
    assert frames(b"l\xff\xff\xff\xff") == [None]


def test_a_plan_arrives_as_it_was_made() -> None:
    settings: dict[str, bool | str | list[str]] = {"quiet": True, "hosts": ["a.example"], "store": ""}
    plan = Plan(settings, 1, 2, 3, (4, 5, 6), as_json=True, log_level=20, boxes=True, coloured=False, width=90)
    assert Plan.decoded(plan.encoded()) == plan
