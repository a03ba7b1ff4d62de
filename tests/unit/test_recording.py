"""The recording in README: short, in order, and nothing in it of the machine that made it."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

import harness
from tools import recording
from tools.demo import TEMPLATE
from tools.recording import Line

PICTURE = harness.TEMPLATE / "docs" / "assets" / "first-light.svg"


def test_the_committed_picture_is_short_and_tells_nothing_of_a_machine() -> None:
    picture = PICTURE.read_text(encoding="utf-8")
    shown = "\n".join(ElementTree.fromstring(picture).itertext()).replace("\xa0", " ")
    for text in ("dataops new flights --from data", "published", "uv run dataops check", "failed"):
        assert text in shown
    assert not re.search(r"/(?:root|home|tmp|Users)/|file:|@git", shown)
    assert re.findall(r"https?://[^\s\"]+", picture) == ["http://www.w3.org/2000/svg"]
    assert "<script" not in picture
    (seconds,) = set(re.findall(r"animation: \w+ ([\d.]+)s", picture))
    assert float(seconds) <= 40


def test_places_of_the_machine_are_replaced_or_stop_the_recording(tmp_path: Path) -> None:
    lines = [Line(0, f"from {TEMPLATE.as_uri()}"), Line(1, f"{tmp_path}/flights"), Line(2, "")]
    result = recording.shown([*lines, Line(3, "")], tmp_path)
    assert [line.text for line in result] == ["from ADDRESS", "~/flights", ""]
    with pytest.raises(SystemExit, match="a name of this machine"):
        recording.shown([Line(0, f"{Path.home()}/x")], tmp_path)


def test_lines_appear_in_their_order_and_the_window_follows(tmp_path: Path) -> None:
    lines = [Line(60.0 * n, f"passed {n}") for n in range(recording.ROWS + 2)]
    recording.write_cast(lines, tmp_path / "run.cast")
    assert recording.read_cast(tmp_path / "run.cast") == lines
    paced = recording.paced(lines)
    assert [line.text for line in paced] == [line.text for line in lines]
    assert 0 < paced[-1].at - paced[0].at < len(lines)  # minutes play in seconds
    picture = recording.draw(paced, "title")
    assert picture.count("animation: l") == len(lines)
    assert picture.count("translateY(-24.4px)") == 1  # the second line from the top
    assert picture.count("translateY(-48.8px)") == 2  # the end, also where nothing moves
