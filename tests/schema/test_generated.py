"""The generated listing modules are what scripts/generate_listing.py writes."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_listing_modules_are_up_to_date() -> None:
    script = ROOT / "scripts" / "generate_listing.py"

    done = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
