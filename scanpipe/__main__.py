"""`python -m scanpipe`."""

import sys

from scanpipe.cli import main

if __name__ == "__main__":
    sys.exit(main())
