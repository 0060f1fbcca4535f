"""What does the page of a bench show?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from featsel.report.page import render_page


def bench_html(document: Mapping[str, Any]) -> str:
    return render_page("Bench", "")
