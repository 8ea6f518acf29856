"""`python -m benchmarks.extraction`."""

import sys

from benchmarks.extraction.accuracy import main

sys.exit(main())
