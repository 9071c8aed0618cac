"""Lets `python -m prikke` do what `prikke` does."""

import sys

from prikke.cli import main

sys.exit(main())
