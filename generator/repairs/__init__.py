"""Holds the steps of `generator.repair`, by what they remedy.

Each step takes the document, which it changes in place, and a `Report` to tell what it did.
"""

from collections.abc import Callable
from typing import Any

Report = Callable[[str, str, str], None]
"""Called as `report(pointer, defect, done)` for each remedy."""

Step = Callable[[dict[str, Any], Report], None]
