"""Colours that organisers choose, corrected to the contrast they need."""

import pytest
from coloraide import Color
from hypothesis import given, settings
from hypothesis import strategies as st

from forum.pages.stylesheet import DARK_PAPER, LIGHT_PAPER, on_colour, with_contrast

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@settings(deadline=None)
@given(colours, st.sampled_from([LIGHT_PAPER, DARK_PAPER]), st.sampled_from([4.5, 7.0]))
def test_any_colour_reaches_the_contrast(colour, paper, ratio):
    assert Color(with_contrast(colour, paper, ratio)).contrast(paper, method="wcag21") >= ratio


@settings(deadline=None)
@given(colours)
def test_words_on_any_colour_can_be_read(colour):
    assert Color(colour).contrast(on_colour(colour), method="wcag21") >= 4.5


@pytest.mark.parametrize("colour", ["#0b6e4f", "#b5471b"])
def test_colour_with_enough_contrast_stays(colour):
    assert with_contrast(colour, LIGHT_PAPER) == colour
