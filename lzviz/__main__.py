"""``python -m lzviz train|export|...``"""

import sys

from lzviz.cli import main

sys.exit(main())
