"""Where counting runs: every field of a log, over all rows, exactly."""
