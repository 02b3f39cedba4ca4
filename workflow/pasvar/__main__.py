import sys

from pasvar.cli import main

sys.exit(main())
