"""From files to batches of typed columns: formats, sources, scanning, the kinds of fields, the label."""
