"""An interrupt ends a command, even where Python cannot raise an exception."""

import os
import signal
import subprocess
import sys

import pytest

from featsel.cli.app import INTERRUPTED

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals")

PROGRAM = """
import signal, sys, time
from featsel.cli import app

class Interrupting:
    def __del__(self):
        signal.raise_signal({number})

@app.app.command()
def wait():
    interrupting = Interrupting()
    del interrupting
    time.sleep(600)

sys.argv = ["featsel", "wait"]
app.main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_in_a_destructor_is_not_lost(number):
    program = PROGRAM.format(number=int(number))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (INTERRUPTED, "\nfeatsel: interrupted\n")
