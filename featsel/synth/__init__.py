"""Click-through-rate logs whose truth is known, because it was planted."""
