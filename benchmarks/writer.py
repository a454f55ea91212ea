"""Titles, texts and names at random, in three languages."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from random import Random

from forum.i18n import TranslatedText

LANGUAGES = ("en", "fr", "ar")
WORDS: dict[str, dict[str, list[str]]] = {
    kind: {key: [word.replace("_", " ") for word in text.split()] for key, text in tables.items()}
    for kind, tables in tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8")).items()
}
WORDS["places"]["fr"] = WORDS["places"]["en"]


class Writer:
    """Writes titles, texts and names at random."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def title(self, language: str) -> str:
        """About eight words and 55 letters, as real titles have; with a name or two in them, half in two parts."""
        doing, place = self._of(WORDS["doings"][language]), self._of(WORDS["places"][language])
        things = self.random.sample(WORDS["things"][language], self.random.randint(2, 5))
        named = [self.coined(language) for _ in range(self.random.choice((1, 1, 2)))]
        dated = [str(self.random.randint(1990, 2060))] if self.random.random() < 0.2 else []
        placed = [place] if self.random.random() < 0.4 else []
        first, rest = things[:2], [*things[2:], *named, *dated, *placed]
        self.random.shuffle(rest)
        colon = ":" if self.random.random() < 0.5 else ""
        return " ".join([doing.capitalize(), *first]) + f"{colon} " + " ".join(rest)

    def text(self, language: str, length: int) -> str:
        """A paragraph of `length` words in sentences of about twelve, four in ten small ones, one in sixteen a name."""
        sentences = []
        while length > 0:
            count = min(length, self.random.randint(8, 16))
            sentence = " ".join(self._word(language) for _ in range(count))
            sentences.append(sentence[:1].upper() + sentence[1:] + ".")
            length -= count
        return " ".join(sentences)

    def _word(self, language: str) -> str:
        lot = self.random.random()
        if lot < 0.06:
            return self.coined(language)
        return self._of(WORDS["between" if lot < 0.46 else "doings" if lot < 0.58 else "things"][language])

    def coined(self, language: str) -> str:
        """A name of three or four syllables that means nothing."""
        table = WORDS["syllables"]["ar" if language == "ar" else "en"]
        return "".join(self.random.choices(table, k=self.random.randint(3, 4))).capitalize()

    def name(self) -> str:
        """A person's name; in nine of ten the family's is coined, since real ones hardly repeat."""
        family = self.coined("en") if self.random.random() < 0.9 else self._of(WORDS["names"]["family"])
        given = self._of(WORDS["names"]["given"]) if self.random.random() < 0.8 else self.coined("en")
        return f"{given} {family}"

    def organisation(self) -> str:
        """The name of an institution that does not exist."""
        thing, place = self._of(WORDS["things"]["en"]), self._of(WORDS["places"]["en"])
        return f"{thing.capitalize()} {self._of(WORDS['names']['organisation'])} {place}"

    def translated(self, write: str, *given: int, original: str = "en") -> TranslatedText:
        """What the method `write` gives in each of the three languages."""
        method = getattr(self, write)
        return TranslatedText.from_plain({tag: method(tag, *given) for tag in LANGUAGES}, original)

    def code(self, prefix: str, number: int) -> str:
        """A public id of six signs, as mixed as real ones are."""
        return prefix + "".join(self.random.choices("3789ABCDEFGHJKLMNPQRSTUVWXYZ", k=3)) + f"{number:X}".zfill(3)

    def _of(self, table: Sequence[str]) -> str:
        return self.random.choice(table)
