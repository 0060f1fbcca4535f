"""How do sorted keys become counts of values, a tally of counts, or bins?

Compiled loops, like those of :mod:`featsel.engines.kernels`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from featsel.engines.kernels import Keys, Sums, compiled

LAST_KEY = np.uint64(0xFFFFFFFFFFFFFFFF)
"""Largest key."""


@compiled
def merge_keys(
    negatives: Keys,
    negative_weights: Sums,
    positives: Keys,
    positive_weights: Sums,
    table_keys: Keys,
    table_sums: Sums,
    keys: Keys,
    sums: Sums,
) -> int:
    """Distinct keys of sorted rows with their sums by label, in ascending order.

    Parameters
    ----------
    negatives, positives : ndarray of uint64
        Sorted keys of the rows of each label.
    negative_weights, positive_weights : ndarray
        Weights beside them.
    table_keys, table_sums : ndarray, shapes (n_keys,) and (n_keys, 2)
        Further sorted keys, each once, with their sums by label.
    keys, sums : ndarray, shapes (capacity,) and (capacity, 2)
        Take the result; as long as all of the above could need.

    Returns
    -------
    int
        Distinct keys.
    """
    is_weighted = negative_weights.size + positive_weights.size > 0
    i, j, t = 0, 0, 0
    n_keys = 0
    while i < negatives.size or j < positives.size or t < table_keys.size:
        key = LAST_KEY
        if i < negatives.size:
            key = negatives[i]
        if j < positives.size:
            key = min(key, positives[j])
        if t < table_keys.size:
            key = min(key, table_keys[t])
        negative_sum = sums.dtype.type(0)
        positive_sum = sums.dtype.type(0)
        if t < table_keys.size and table_keys[t] == key:
            negative_sum, positive_sum = table_sums[t, 0], table_sums[t, 1]
            t += 1
        while i < negatives.size and negatives[i] == key:
            negative_sum += negative_weights[i] if is_weighted else 1
            i += 1
        while j < positives.size and positives[j] == key:
            positive_sum += positive_weights[j] if is_weighted else 1
            j += 1
        keys[n_keys] = key
        sums[n_keys, 0] = negative_sum
        sums[n_keys, 1] = positive_sum
        n_keys += 1
    return n_keys


@compiled
def tally_sums(sums: NDArray[np.int64], small: NDArray[np.int64]) -> int:
    """Count how many keys have which counts.

    Parameters
    ----------
    sums : ndarray of int64, shape (n_keys, 2)
        Counts by label of each key. Those that do not fit into ``small`` are moved to the front.
    small : ndarray of int64, shape (side, side)
        Entry (a, b) counts the keys with a negatives and b positives; updated in place.

    Returns
    -------
    int
        How many were moved.
    """
    side = small.shape[0]
    n_large = 0
    for place in range(sums.shape[0]):
        n_negative, n_positive = sums[place, 0], sums[place, 1]
        if n_negative < side and n_positive < side:
            small[n_negative, n_positive] += 1
        else:
            sums[n_large, 0] = n_negative
            sums[n_large, 1] = n_positive
            n_large += 1
    return n_large


@compiled
def fill_bins(keys: Keys, sums: Sums, bins: Sums, last_keys: Keys, state: NDArray[np.float64]) -> None:
    """Put values, in ascending order, into bins of equal counts.

    A bin is closed when it holds its share of what was left when it was opened, or before a value that alone
    exceeds that share; so a value that most rows have takes one bin, and the others share the rest.

    Parameters
    ----------
    keys, sums : ndarray, shapes (n_values,) and (n_values, 2)
        Each value, and its sums by label.
    bins, last_keys : ndarray, shapes (n_bins, 2) and (n_bins,)
        Sums by label and the last key of each bin; updated in place.
    state : ndarray of float64, shape (3,)
        Current bin, what it holds, and what is left beyond the closed bins; updated in place, so that a
        sequence of calls over ascending ranges is one.
    """
    last = bins.shape[0] - 1
    bin_index = int(state[0])
    held, left = state[1], state[2]
    for place in range(sums.shape[0]):
        total = float(sums[place, 0] + sums[place, 1])
        if held > 0 and total >= left / (last + 1 - bin_index) and bin_index < last:
            bin_index += 1
            left -= held
            held = 0.0
        bins[bin_index, 0] += sums[place, 0]
        bins[bin_index, 1] += sums[place, 1]
        last_keys[bin_index] = keys[place]
        held += total
        if held >= left / (last + 1 - bin_index) and bin_index < last:
            bin_index += 1
            left -= held
            held = 0.0
    state[0], state[1], state[2] = bin_index, held, left
