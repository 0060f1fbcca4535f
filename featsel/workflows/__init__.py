"""What does a command do? Read, compute, write, return: one module per command."""
