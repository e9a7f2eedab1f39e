"""What a ``Retry-After`` asks for."""

from datetime import UTC, datetime

import pytest

from minimon.upstream.sorting import retry_after


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0), ("120", 120), ("9" * 5000, 999_999_999), ("", 0), ("-5", 0), ("soon", 0), ("٣", 0), ("1.5", 0),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30), ("Sun, 22 Nov 2026 11:00:00 GMT", 0),
        ("Sun, 22 Nov 2026 12:00:30 -0000", 0),
        ("Sun, 99 Nov 99999 12:00:30 GMT", 0),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(value, seconds):
    assert retry_after(value, datetime(2026, 11, 22, 12, tzinfo=UTC)) == seconds
