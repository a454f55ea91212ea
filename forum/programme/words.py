"""Folding: how words are compared in a search, whatever their accents, case or Arabic letter forms."""

import re
import unicodedata

_ARABIC_FORMS = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي", "ـ": None})
_LATIN_FORMS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"})
_SPACE = re.compile(r"\s+")


def folded(text: str) -> str:
    """`text` without accents, vowel marks and case, with Arabic letter forms unified and single spaces."""
    if text.isascii():
        return _SPACE.sub(" ", text.lower()).strip()
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.translate(_ARABIC_FORMS)) if not unicodedata.combining(c))
    return _SPACE.sub(" ", bare.casefold().translate(_LATIN_FORMS).translate(_ARABIC_FORMS)).strip()


def search_words(query: str) -> list[str]:
    """The folded words of `query`, at most eight; a session matches where it holds them all."""
    return folded(query).split()[:8]
