"""Small line icons drawn in place: no icon font, no request. They are decoration, so hidden from screen readers."""

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

PATHS = {
    "alert": "M12 8v5m0 3v.5M10.3 4 2.8 17.2A2 2 0 0 0 4.5 20h15a2 2 0 0 0 1.7-2.8L13.7 4a2 2 0 0 0-3.4 0Z",
    "bell": "M6 16.500V11a6 6 0 0 1 12 0v5.500l1.500 2h-15ZM10 20.500a2 2 0 0 0 4 0",
    "calendar": "M4 7.5A1.5 1.5 0 0 1 5.5 6h13A1.5 1.5 0 0 1 20 7.5v11a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 18.5Z"
    "M4 10.5h16M8 3.5V8m8-4.5V8",
    "check": "m4.5 12.5 5 5 10-11",
    "clock": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-14v5l3.2 2",
    "copy": "M9 9h10.5v10.5H9ZM5 15H4.5V4.5H15V5",
    "cross": "m6 6 12 12M18 6 6 18",
    "download": "M12 4v11m-4.5-4.5L12 15l4.5-4.5M4.5 19.5h15",
    "file": "M6 3.5h8l4.5 4.5v12.5H6ZM14 3.5V8h4.5",
    "gauge": "M4.6 18a9 9 0 1 1 14.8 0M12 14l4-5",
    "globe": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM3 12h18M12 3c5 5.5 5 12.500 0 18M12 3c-5 5.500-5 12.500 0 18",
    "lock": "M6 10.500h12V20H6ZM8.500 10.500V7.500a3.500 3.500 0 0 1 7 0v3",
    "moon": "M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500Z",
    "people": "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7Zm-6 9c0-4 2.500-6 6-6s6 2 6 6m1-9.500a3 3 0 0 0 0-6"
    "m5 15.500c0-3-1.300-5-3.500-5.700",
    "prize": "M7 4h10v5a5 5 0 0 1-10 0ZM7 6H4c0 3 1 4.500 3.300 5M17 6h3c0 3-1 4.500-3.300 5M12 14v3.500M8 20h8",
    "sun": "M12 16.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9ZM12 2v2m0 16v2M2 12h2m16 0h2M5 5l1.400 1.400"
    "m11.200 11.200L19 19M5 19l1.400-1.400M17.600 6.400 19 5",
    "upload": "M12 16V4.500M7.500 9 12 4.500 16.500 9M4.500 19.500h15",
    "user": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7.500 8.500c0-4 3-6 7.500-6s7.500 2 7.500 6",
}


def icon_svg(name: str) -> SafeString:
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">'
        '<path d="{}"/></svg>',
        mark_safe(PATHS[name]),  # noqa: S308  (our own constants)
    )
