"""Which files here hold tests? The others are scripts."""

collect_ignore = ["damage.py", "fuzz.py", "kills.py", "targets.py"]
