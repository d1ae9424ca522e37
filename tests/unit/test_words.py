"""`make lint` refuses the words of .codespell-words.txt, and names the words to use instead."""

from pathlib import Path

import pytest
from codespell_lib import main

from tests.support.stack import ROOT

WORDS = [line.partition("->") for line in (ROOT / ".codespell-words.txt").read_text().splitlines()]


@pytest.fixture
def refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """Give what codespell says of a text with all the words, and of one with none."""
    monkeypatch.chdir(ROOT)
    (tmp_path / "bad.md").write_text("".join(f"It is_{word}.\n" for word, _, _ in WORDS))
    (tmp_path / "good.md").write_text("Try again in a moment. Answer yes to every question.\n")
    assert main(str(tmp_path)) != 0
    return capsys.readouterr().out


def test_every_word_is_refused_with_its_replacement(refused: str) -> None:
    for word, _, instead in WORDS:
        assert f": {word} ==> {instead.split(',')[0]}" in refused


def test_a_short_time_is_not_refused(refused: str) -> None:
    assert "good.md" not in refused


def test_the_words_are_in_order() -> None:
    words = [word for word, _, _ in WORDS]
    assert words == sorted(set(words))
