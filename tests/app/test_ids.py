"""Identifiers rise, whatever the clock does."""

from __future__ import annotations

from app.ids import RandomIds


def test_ids_rise_within_a_process_and_are_version_7() -> None:
    ids = RandomIds()
    made = [ids.new_uuid() for _ in range(10_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {one.version for one in made} == {7}


def test_hex_has_the_digits_asked_for() -> None:
    assert len(RandomIds().new_hex(6)) == 6
    assert int(RandomIds().new_hex(6), 16) >= 0
