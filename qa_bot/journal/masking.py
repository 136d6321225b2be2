"""Mask what names a person, before a text is kept: e-mail, identity card, phone, bank card."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

S = "[-\u2010-\u2015\u2212. ]?"
"""What may stand between groups of digits: a space, a dot, a hyphen or one of its like."""
MONEY = r"(?!\.\d{1,2}(?!\d)| ?[万亿]?[元块])"
"""A number with a fraction, or counted in 元, is an amount."""
MOBILE = "|".join(
    rf"1[3-9]\d{groups}"
    for groups in (
        rf"{S}\d{{4}}{S}\d{{4}}",
        rf"\d{S}\d{{3}}{S}\d{{4}}",
        rf"{S}\d{{3}}{S}\d{{5}}",
        rf"\d\d{S}\d{{6}}",
        rf"{S}\d\d{S}\d\d{S}\d\d{S}\d\d",
    )
)
COUNTRY = rf"(?:\((?:\+|00)?86\)|(?:\+|00)?86){S}"
LANDLINE = rf"(?:\(0\d{{2,3}}\)|0\d{{2,3}}){S}\d{{3,4}}{S}\d{{4}}"
ABROAD = rf"(?:\((?:\+|00)86\)|(?:\+|00)86){S}(?:\(0?\d{{2,3}}\)|0?\d{{2,3}}){S}\d{{3,4}}{S}\d{{4}}"
BIRTHDAY = rf"(?:19|20)\d{{2}}{S}(?:0[1-9]|1[0-2]){S}(?:0[1-9]|[12]\d|3[01])"

NUMBER_OR_ADDRESS = re.compile("[0-9@]")
EMAIL = re.compile(r"[\w.+-]+ ?@ ?[\w-]+(?:\.[\w-]+)+", re.ASCII)
ID = re.compile(rf"(?<!\d)[1-9]\d{{5}}{S}{BIRTHDAY}{S}\d{{3}}[\dXx](?![\dA-Za-z])", re.ASCII)
OLD_ID = re.compile(
    r"(?:身份证件?|证件)号?码?(?:是|为|:| )*([1-8]\d{7}(?:0[1-9]|1[0-2])[0-3]\d{4})(?!\d)", re.ASCII
)
PHONE = re.compile(
    rf"(?<!\d)(?:(?:{COUNTRY})?(?:{MOBILE})|{ABROAD}|{LANDLINE})(?!\d){MONEY}", re.ASCII
)
CARD = re.compile(
    rf"(?<!\d)(?:\d{{16,19}}|\d{{4}}(?:[- ]\d{{4}}){{3}}(?:[- ]?\d{{1,3}})?|\d{{6}}[- ]\d{{10,13}})"
    rf"(?![\dA-Za-z]){MONEY}",
    re.ASCII,
)
LICENCE = re.compile(r"(?:[备字第]|编号|代码|税号|识别号|许可证号?)(?:是|为|:| )*$")
"""What stands before the number of a licence, a filing or a company."""
BEFORE = 12
"""Characters before a number that may say of what it is."""

CREDIT_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""The weights of the check digits of GB 32100 and GB 11643."""


def mask(text: str) -> str:
    """Replace every number or address that names a person by its kind, as in `[phone]`.

    Digits of any width are recognised; what is not masked comes back as it was.
    """
    folded = text if text.isascii() else "".join(map(_folded, text))
    if not NUMBER_OR_ADDRESS.search(folded):
        return text
    for kind, find in FINDERS:
        # What is found in the folded text stands at the same place in the text itself.
        for start, stop in reversed(list(find(folded))):
            text = f"{text[:start]}[{kind}]{text[stop:]}"
            folded = f"{folded[:start]}[{kind}]{folded[stop:]}"
    return text


@lru_cache(maxsize=8192)
def _folded(character: str) -> str:
    """Give a character in its plain form, where that is one character as well."""
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character


def _emails(text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in EMAIL.finditer(text))


def _ids(text: str) -> Iterator[tuple[int, int]]:
    for found in ID.finditer(text):
        if is_id(found[0]) or not is_credit_code(found[0]):
            yield found.span()


def _old_ids(text: str) -> Iterator[tuple[int, int]]:
    return (found.span(1) for found in OLD_ID.finditer(text))


def _phones(text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in PHONE.finditer(text))


def _cards(text: str) -> Iterator[tuple[int, int]]:
    for found in CARD.finditer(text):
        before = text[max(found.start() - BEFORE, 0) : found.start()]
        if not (is_credit_code(found[0]) or LICENCE.search(before)):
            yield found.span()


FINDERS: tuple[tuple[str, Callable[[str], Iterator[tuple[int, int]]]], ...] = (
    ("email", _emails),
    ("id", _ids),
    ("id", _old_ids),
    ("card", _cards),
    ("phone", _phones),
)
"""Kind, and what finds the places of such in folded text, in the order in which they are masked."""


def is_credit_code(text: str) -> bool:
    """Tell whether a text is a unified social credit code: it names a company, no person."""
    places = [CREDIT_CODE.find(character) for character in text.upper()]
    if len(places) != len(CREDIT_WEIGHTS) + 1 or min(places) < 0:
        return False
    total = sum(w * p for w, p in zip(CREDIT_WEIGHTS, places[:-1], strict=True))
    return (-total) % len(CREDIT_CODE) == places[-1]


def is_id(text: str) -> bool:
    """Tell whether a text is the number of an identity card, by its check digit."""
    digits = [character for character in text.upper() if character in "0123456789X"]
    if len(digits) != len(ID_WEIGHTS) + 1 or "X" in digits[:-1]:
        return False
    total = sum(w * int(d) for w, d in zip(ID_WEIGHTS, digits[:-1], strict=True))
    return "10X98765432"[total % 11] == digits[-1]
