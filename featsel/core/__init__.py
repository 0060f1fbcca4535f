"""What several steps speak: errors and the schema of a log."""
