"""The texts of the demo, as they stand in the files."""

from forum.demo.build import HERE


def test_apostrophes_are_typographic():
    files = sorted(HERE.glob("content/*.json"))

    assert len(files) == 6
    assert [file.name for file in files if "'" in file.read_text(encoding="utf-8")] == []
