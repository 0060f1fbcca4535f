"""Run featsel as ``python -m featsel``."""

from featsel.cli.app import main

main()
