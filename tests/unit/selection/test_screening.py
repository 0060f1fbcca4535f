from __future__ import annotations

import numpy as np
import pytest

from featsel.selection.candidates import Candidates
from featsel.selection.screening import coarse_rows, screen

N_ROWS = 6000


def names(candidates: Candidates, fields: object) -> set[str]:
    return {candidates.config.fields[field].name for field in fields}  # type: ignore[attr-defined]


def test_noise_constants_and_copies_go_and_what_tells_stays(planted: Candidates) -> None:
    screening = screen(planted)
    whys = {planted.config.fields[field].name: why for field, why in screening.dropped.items()}

    assert set(whys) == {"noise", "constant", "strong"}
    assert whys["constant"] == "constant"
    assert whys["strong"] == "copy: one to one with 'copy'"
    assert whys["noise"].startswith("noise: its information is within chance (q = ")


def test_fields_that_matter_only_together_stay(new_candidates) -> None:
    rng = np.random.default_rng(1)
    left, right, noise = (rng.integers(1, 5, N_ROWS) for _ in range(3))
    chance = np.where((left % 2) == (right % 2), 0.6, 0.4)
    labels = (rng.random(N_ROWS) < chance).astype(int)
    candidates = new_candidates({"left": left, "noise": noise, "right": right}, labels)

    screening = screen(candidates)

    assert min(screening.q_values) > 0.01  # neither tells anything by itself
    assert screening.partners == {0: 2, 2: 0}
    assert names(candidates, screening.dropped) == {"noise"}


@pytest.mark.parametrize("seed", range(5))
def test_of_nothing_but_noise_nothing_stays(new_candidates, seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = {str(size): rng.integers(1, size + 1, N_ROWS) for size in (2, 3, 10, 50, 200, 1000, 5000)}
    candidates = new_candidates(columns, rng.integers(0, 2, N_ROWS))

    assert len(screen(candidates).dropped) == len(columns)


def test_a_field_of_single_rows_is_an_identifier(new_candidates) -> None:
    rng = np.random.default_rng(0)
    candidates = new_candidates({"id": np.arange(1, 301)}, rng.integers(0, 2, 300))

    assert screen(candidates).dropped == {0: "identifier: every row has its own value"}


def test_noise_can_be_kept(planted: Candidates) -> None:
    screening = screen(planted, keeps_noise=True)

    assert names(planted, screening.dropped) == {"constant", "strong"}


def test_fields_of_equal_frequencies_that_differ_are_no_copies(new_candidates) -> None:
    rng = np.random.default_rng(0)
    first = np.repeat([1, 2, 3], 300)
    candidates = new_candidates(
        {"first": rng.permutation(first), "second": rng.permutation(first)}, rng.integers(0, 2, 900)
    )

    assert not any(why.startswith("copy") for why in screen(candidates).dropped.values())


def test_a_copy_that_breaks_in_a_late_chunk_is_none(new_candidates) -> None:
    first = np.tile([1, 2, 3], 300)
    second = first.copy()
    second[-3:] = [2, 1, 3]  # as frequent as before
    candidates = new_candidates({"first": first, "second": second}, np.arange(900) % 2)

    assert not any(why.startswith("copy") for why in screen(candidates).dropped.values())


def test_rows_are_read_with_their_labels(planted: Candidates) -> None:
    rows = coarse_rows(planted.train, planted.layout)

    assert rows.n_rows == planted.train.n_rows
    assert rows.labels.sum() == planted.counts.n_positives
    of_field = np.bincount(rows.codes[2], minlength=256)[:6]
    assert np.array_equal(of_field, planted.counts.rows[planted.field_of_id == 2])


def test_rare_values_share_places_and_frequent_ones_do_not(planted: Candidates) -> None:
    rows = coarse_rows(planted.train, planted.layout)
    of_noise = np.bincount(rows.codes[0], minlength=256)
    own = planted.counts.rows[planted.field_of_id == 0]

    assert np.array_equal(of_noise[:128], own[:128])
    assert of_noise[128:].sum() == own[128:].sum()
