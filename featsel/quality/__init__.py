"""Is today's log fit for use: named checks over the profiles of logs."""
