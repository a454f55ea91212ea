"""Full addresses of an edition's public pages, for files that are read away from the site."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Addresses:
    """The pages of one edition in one language. `home` ends with a slash: https://forum.example.org/fr/drif-2026/."""

    home: str

    @property
    def agenda(self) -> str:
        return f"{self.home}agenda"

    @property
    def releases(self) -> str:
        return f"{self.home}releases/"

    def session(self, code: str) -> str:
        return f"{self.home}sessions/{code}"

    def speaker(self, code: str) -> str:
        return f"{self.home}speakers/{code}"

    def feed(self, name: str) -> str:
        return f"{self.home}{name}"
