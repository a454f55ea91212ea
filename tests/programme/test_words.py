"""How words are compared in a search."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.programme.words import folded, search_words


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("  Water\n\t for  ALL ", "water for all"),
        ("Éducation à l’école", "education a l'ecole"),
        ("São João, ¿Qué?", "sao joao, ¿que?"),
        ("STRASSE straße", "strasse strasse"),
        ("Łódź Ærø ĐÀ NẴNG İstanbul ısı", "lodz aero da nang istanbul isi"),
        ("الإِنْتَرْنِت", "الانترنت"),
        ("آمال إلى مؤتمر هيئة", "امال الي موتمر هييه"),
        ("مـــاء", "ماء"),
        ("ﷺ", folded("صلى الله عليه وسلم")),
        ("ng'ombe ng’ombe ngʼombe", "ng'ombe ng'ombe ng'ombe"),
        ("ﬁne ①", "fine 1"),
        ("", ""),
    ],
)
def test_text_is_folded(text, plain):
    assert folded(text) == plain


@given(st.text())
def test_folding_twice_changes_nothing_more(text):
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("  Eau   POTABLE ", ["eau", "potable"]),
        ("", []),
        ("a b c d e f g h i j", ["a", "b", "c", "d", "e", "f", "g", "h"]),
        ("مَاء", ["ماء"]),
    ],
)
def test_query_is_cut_into_at_most_eight_folded_words(query, words):
    assert search_words(query) == words
