"""`python -m localgcp`."""

import sys

from localgcp.cli import main

sys.exit(main())
