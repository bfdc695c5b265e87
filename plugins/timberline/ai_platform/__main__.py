"""Runs the command."""

import sys

from timberline.ai_platform.command import main

if __name__ == "__main__":
    sys.exit(main())
