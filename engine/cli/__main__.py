"""`python -m engine.cli` is the `cuelock` command."""

from engine.cli import main

raise SystemExit(main())
