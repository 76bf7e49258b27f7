"""Compile a rule's regular expression, or refuse it where a text could make it search for hours.

Python's `re` backtracks and cannot be interrupted, and what a pattern is held against comes from the wire. Facts are
cut off at `evidence.facts.MAX_TEXT` characters, so a pattern that tries every start and every length once is bearable;
one that can divide the same characters between two repetitions, or inside a repeated group, is not.
"""

from __future__ import annotations

import re
from functools import lru_cache
from re import _constants, _parser  # type: ignore[attr-defined]  # typeshed has no names for what `re` itself parses with
from typing import Any, Final

_WIDE: Final = 20
"""A repetition that may take more characters than this counts as one without end."""
_CHOICES: Final = 8
"""How many optional parts one pattern may have in a row: each may double what a search costs."""
_OTHERS: Final = 256
"""Stands for every character beyond Latin-1 in a set of characters."""
_EVERYTHING: Final = frozenset(range(_OTHERS + 1))
_CATEGORIES: Final = {
    _constants.CATEGORY_DIGIT: r"\d",
    _constants.CATEGORY_NOT_DIGIT: r"\D",
    _constants.CATEGORY_SPACE: r"\s",
    _constants.CATEGORY_NOT_SPACE: r"\S",
    _constants.CATEGORY_WORD: r"\w",
    _constants.CATEGORY_NOT_WORD: r"\W",
}
_REMEDY: Final = "make one possessive (`++`, `*+`), or say what may not come between them (`[^,]*`)"

type _Characters = frozenset[int]
type _Open = frozenset[_Characters]
"""What the repetitions can take that still run at some place of a pattern."""


class CheckedPattern(str):
    """The text of a pattern that was compiled before by this very code, so that it need not be looked through again."""

    __slots__ = ()


def compile_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern as rules mean it: case does not matter, `.` is any character.

    ValueError where it is no regular expression, or one whose search may explode.
    """
    if isinstance(text, CheckedPattern):
        return re.compile(str(text), re.IGNORECASE | re.DOTALL)
    try:
        compiled = re.compile(text, re.IGNORECASE | re.DOTALL)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"is no regular expression: {error}") from None
    parsed = _parser.parse(text, re.IGNORECASE | re.DOTALL)
    _walk(parsed, frozenset())
    if _optional_parts(parsed) > _CHOICES:
        raise ValueError(f"has more than {_CHOICES} parts that may be left out: each doubles what a search may cost")
    return compiled


def _walk(items: Any, running: _Open) -> _Open:  # noqa: ANN401  # `re` has no public type for a parsed pattern
    """Follow a sequence, knowing which repetitions before it may still run; returns those running at its end."""
    for operator, argument in items:
        if operator in {_constants.MAX_REPEAT, _constants.MIN_REPEAT}:
            least, most, body = argument
            running = _repeated(least, most, body, running)
        elif operator is _constants.SUBPATTERN:
            running = _walk(argument[-1], running)
        elif operator is _constants.BRANCH:
            running = frozenset().union(*(_walk(choice, running) for choice in argument[1]))
        elif operator in {_constants.POSSESSIVE_REPEAT, _constants.ATOMIC_GROUP}:
            # What gives nothing back is tried in one way only; what stood before it may still be cut shorter.
            _walk(argument[2] if operator is _constants.POSSESSIVE_REPEAT else argument, frozenset())
        elif operator in {_constants.ASSERT, _constants.ASSERT_NOT}:
            running = _looked_at(operator, argument, running)
        elif operator is _constants.GROUPREF_EXISTS:
            raise ValueError("asks whether a group took part: write both cases as alternatives")
        elif operator is not _constants.AT:
            taken = _taken(operator, argument)
            running = frozenset(each for each in running if each & taken)
    return running


def _looked_at(operator: Any, argument: Any, running: _Open) -> _Open:  # noqa: ANN401  # the same
    """What must come next ends every repetition that could not have taken it."""
    direction, body = argument
    after = _walk(body, running)
    return after if operator is _constants.ASSERT and direction > 0 and len(body) == 1 else running


def _repeated(least: int, most: int, body: Any, running: _Open) -> _Open:  # noqa: ANN401  # the same
    if int(most) <= 1:
        return running | _walk(body, running)
    if _may_vary(body):
        raise ValueError("repeats something that can match in several ways, which may take for ever: " + _REMEDY)
    if int(most) <= _WIDE:
        after = _walk(body, running)
        return after if least else running | after
    taken = _all_taken(body)
    if any(each & taken for each in running):
        raise ValueError("has two repetitions that can take the same characters, which may take for ever: " + _REMEDY)
    return running | {taken}


def _may_vary(items: Any) -> bool:  # noqa: ANN401  # the same
    """Whether a sequence can match a text in more than one way; alternatives that begin differently cannot."""
    for operator, argument in items:
        if operator in {_constants.MAX_REPEAT, _constants.MIN_REPEAT}:
            if argument[0] != argument[1] or _may_vary(argument[2]):
                return True
        elif operator is _constants.SUBPATTERN:
            if _may_vary(argument[-1]):
                return True
        elif operator is _constants.BRANCH:
            if any(_may_vary(choice) for choice in argument[1]) or not _begin_differently(argument[1]):
                return True
        elif operator is _constants.GROUPREF:
            return True
    return False


def _begin_differently(choices: Any) -> bool:  # noqa: ANN401  # the same
    seen: set[int] = set()
    for choice in choices:
        first = next(iter(choice), (None, None))
        if first[0] not in {_constants.LITERAL, _constants.IN}:
            return False
        taken = _taken(*first)
        if seen & taken:
            return False
        seen |= taken
    return True


def _optional_parts(items: Any) -> int:  # noqa: ANN401  # the same
    """How many parts of the longest way through a pattern may be there or not."""
    found = 0
    for operator, argument in items:
        if operator in {_constants.MAX_REPEAT, _constants.MIN_REPEAT}:
            found += (argument[0] != argument[1]) + _optional_parts(argument[2])
        elif operator is _constants.SUBPATTERN:
            found += _optional_parts(argument[-1])
        elif operator is _constants.BRANCH:
            found += max(_optional_parts(choice) for choice in argument[1])
        elif operator in {_constants.ASSERT, _constants.ASSERT_NOT}:
            found += _optional_parts(argument[1])
    return found


def _all_taken(items: Any) -> _Characters:  # noqa: ANN401  # the same
    """Every character a sequence may take."""
    found: set[int] = set()
    for operator, argument in items:
        if operator is _constants.SUBPATTERN:
            found |= _all_taken(argument[-1])
        elif operator is _constants.BRANCH:
            found |= frozenset().union(*map(_all_taken, argument[1]))
        elif operator in {_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT}:
            found |= _all_taken(argument[2])
        elif operator is not _constants.AT:
            found |= _taken(operator, argument)
    return frozenset(found)


def _taken(operator: Any, argument: Any) -> _Characters:  # noqa: ANN401  # the same
    """The characters one item of a pattern may take, in either case."""
    if operator is _constants.LITERAL:
        return _numbers(argument, argument)
    if operator is _constants.NOT_LITERAL:
        return _EVERYTHING - _numbers(argument, argument)
    if operator is not _constants.IN:
        return _EVERYTHING
    negated = argument[0][0] is _constants.NEGATE
    found: _Characters = frozenset()
    for kind, value in argument[negated:]:
        if kind is _constants.CATEGORY:
            found |= {code for code in range(_OTHERS) if re.match(_CATEGORIES[value], chr(code))} | {_OTHERS}
        else:
            found |= _numbers(*(value if kind is _constants.RANGE else (value, value)))
    return (_EVERYTHING - found) | {_OTHERS} if negated else found


@lru_cache(maxsize=1024)
def _numbers(first: int, last: int) -> _Characters:
    codes = range(first, min(last, _OTHERS - 1) + 1)
    both = {ord(each) for code in codes for each in (chr(code).lower(), chr(code).upper()) if len(each) == 1}
    return frozenset(min(code, _OTHERS) for code in both) | ({_OTHERS} if last >= _OTHERS else frozenset())
