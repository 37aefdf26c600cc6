"""``python -m epochal``: the command line."""

import sys

from epochal.cli.parser import main

sys.exit(main())
