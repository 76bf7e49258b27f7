import asyncio

from proxy_addons.admin.shared_answers import KEPT_AT_MOST, SharedAnswers


def test_many_who_ask_the_same_at_once_cost_one_answer() -> None:
    async def main() -> None:
        asked: list[int] = []

        async def answer() -> bytes:
            asked.append(1)
            await asyncio.sleep(0)
            return b"page"

        shared = SharedAnswers()
        assert set(await asyncio.gather(*(shared.get("q", answer) for _ in range(200)))) == {b"page"}
        assert len(asked) == 1

    asyncio.run(main())


def test_one_who_leaves_takes_the_answer_from_nobody() -> None:
    async def main() -> None:
        go = asyncio.Event()

        async def answer() -> bytes:
            await go.wait()
            return b"page"

        shared = SharedAnswers()
        first = asyncio.ensure_future(shared.get("q", answer))
        second = asyncio.ensure_future(shared.get("q", answer))
        await asyncio.sleep(0)
        first.cancel()
        go.set()
        assert await second == b"page"

    asyncio.run(main())


def test_any_number_of_questions_is_answered_and_few_are_kept() -> None:
    async def main() -> None:
        async def answer() -> bytes:
            return b"page"

        shared = SharedAnswers()
        for number in range(KEPT_AT_MOST * 3):
            assert await shared.get(str(number), answer) == b"page"

    asyncio.run(main())


def test_what_goes_wrong_is_told_to_all_who_asked() -> None:
    async def main() -> None:
        async def answer() -> bytes:
            await asyncio.sleep(0)
            raise ValueError

        shared = SharedAnswers()
        told = await asyncio.gather(*(shared.get("q", answer) for _ in range(3)), return_exceptions=True)
        assert [type(each) for each in told] == [ValueError] * 3

    asyncio.run(main())
