"""Runs the command."""

import sys

from timberline.ai_platform.cli.command import main

if __name__ == "__main__":
    sys.exit(main())
