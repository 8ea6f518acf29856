"""`python -m benchmarks.towers`."""

import sys

from benchmarks.towers.measure import main

sys.exit(main())
