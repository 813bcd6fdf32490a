"""``python -m iiq``: the same as the command ``iiq``."""

import sys

from iiq.cli import main

sys.exit(main())
