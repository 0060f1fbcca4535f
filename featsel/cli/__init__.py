"""What can be typed? A command declares options, calls one workflow and prints one result."""
