"""Folding: how words are compared in a search, whatever their accents, case or Arabic letter forms."""

import re
import unicodedata

_ARABIC_FORMS = str.maketrans("أإآٱىةؤئ", "ااااي" + "هوي", "ـ")
_LATIN_FORMS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"})
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼʻ", "'"))
_SPACE = re.compile(r"\s+")


def folded(text: str) -> str:
    """`text` without accents, vowel marks and case, with one form of Arabic letters, apostrophes and spaces."""
    if text.isascii():
        return _SPACE.sub(" ", text.lower()).strip()
    letters = unicodedata.normalize("NFKD", text.translate(_ARABIC_FORMS).translate(_APOSTROPHES))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _SPACE.sub(" ", bare.casefold().translate(_LATIN_FORMS).translate(_ARABIC_FORMS)).strip()


def search_words(query: str) -> list[str]:
    """The folded words of `query`, at most eight; a session matches where it holds them all."""
    return folded(query.replace("\0", " ")).split()[:8]
