"""Mask what names a person, before a text is kept: phone, e-mail, identity card, bank card."""

from __future__ import annotations

import re
import unicodedata

SEPARATOR = "[- ]?"
PATTERNS = (
    ("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)),
    (
        "id",
        re.compile(
            r"(?<!\d)\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])"
        ),
    ),
    (
        "phone",
        re.compile(
            rf"(?<!\d)(?:(?:\+|00)?86{SEPARATOR})?1[3-9]\d(?:{SEPARATOR}\d{{4}}){{2}}(?!\d)"
            rf"|(?<!\d)0\d{{2,3}}{SEPARATOR}\d{{7,8}}(?!\d)"
        ),
    ),
    ("card", re.compile(rf"(?<!\d)\d(?:{SEPARATOR}\d){{12,18}}(?!\d)")),
)
"""Kind and look, in the order in which they are masked."""


def mask(text: str) -> str:
    """Replace every number or address that names a person by its kind, as in `[phone]`.

    Digits of any width are recognised: the text comes back in NFKC.
    """
    text = unicodedata.normalize("NFKC", text)
    for kind, pattern in PATTERNS:
        text = pattern.sub(f"[{kind}]", text)
    return text
