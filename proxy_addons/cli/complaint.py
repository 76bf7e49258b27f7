"""What only the person at the keyboard can put right."""

from __future__ import annotations


class Complaint(Exception):  # noqa: N818  # the command works; it is what it was given that does not
    """Something a verb cannot work with. The text says what, where and the remedy; it is shown as it stands, exit 2."""
