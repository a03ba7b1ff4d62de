"""Record real commands as a moving picture of a terminal: one SVG without a script.

python -m tools.recording FOLDER docs/assets/first-light.svg

FOLDER is made anew: a product from real input, and a change in it. What was printed, and when,
stays beside it as an asciinema cast; with a cast that is there, only the picture is drawn:

python -m tools.recording --draw FOLDER docs/assets/first-light.svg
"""

from __future__ import annotations

import io
import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from tools.demo import TEMPLATE, environment, real_input

WIDTH, ROWS = 110, 28
# A recording plays in seconds what took minutes: a pause is cut to this, and the end stays longer.
_SHORTEST_PAUSE, _LONGEST_PAUSE, _TYPING, _END = 0.05, 0.5, 1.2, 6.0  # seconds
_CHANGE = (
    "cast(flights.time_hour as date)",
    "cast(flights.time_hour - interval '5 hours' as date)",
)
_MODEL = "flights/models/marts/flights.sql"
# Each command as it is typed, the folder it runs in, and the exit code it must have.
_COMMANDS = (
    ('uvx --from "git+$ADDRESS" dataops new flights --from data', ".", 0),
    ("cd flights && git switch --quiet --create local-dates", ".", 0),
    ('sed -i "s/{}/{}/" models/marts/flights.sql'.format(*_CHANGE), "flights", 0),
    ("uv run dataops check", "flights", 1),
)
_VERDICTS = {"passed": "green", "skipped": "white", "failed": "red", "warned": "yellow"}
_FORMAT = """<svg viewBox="0 0 {{width}} {height:.0f}" xmlns="http://www.w3.org/2000/svg">
<title>{title}</title>
<style>
.{{unique_id}}-matrix {{{{ font: 20px ui-monospace, Menlo, Consolas, monospace }}}}
{{styles}}
{motion}
@media (prefers-reduced-motion: reduce) {{{{ * {{{{ animation: none !important }}}} }}}}
</style>
<clipPath id="window"><rect width="{{terminal_width}}" height="{window:.0f}"/></clipPath>
<defs>{{lines}}</defs>
<rect width="100%" height="100%" rx="8" fill="{background}"/>
<g transform="translate(26,22)"><circle r="7" fill="#ff5f57"/>
<circle cx="22" r="7" fill="#febc2e"/><circle cx="44" r="7" fill="#28c840"/></g>
<g transform="translate({{terminal_x}}, {{terminal_y}})" clip-path="url(#window)">
<g class="{{unique_id}}-matrix scroll">{{backgrounds}}{{matrix}}</g></g>
</svg>
"""
_LINE_HEIGHT = 24.4  # of rich's pictures
_FRAME = 50  # above and below the lines


@dataclass(frozen=True)
class Line:
    """A line that was printed, and when, in seconds from the start."""

    at: float
    text: str


def record(folder: Path) -> list[Line]:
    """Run the commands in a folder that is made anew, and note what they print."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(real_input(), folder / "data")
    began, lines = time.monotonic(), list[Line]()
    for command, where, code in _COMMANDS:
        lines.append(Line(time.monotonic() - began, f"$ {command}"))
        for text in _output(command, folder / where, code):
            lines.append(Line(time.monotonic() - began, text))
            print(text, flush=True)
        lines.append(Line(time.monotonic() - began, ""))
    if _CHANGE[1] not in (folder / _MODEL).read_text(encoding="utf-8"):
        sys.exit(f"{_MODEL} has no `{_CHANGE[0]}`: choose another change in {__file__}")
    return lines


def _output(command: str, where: Path, code: int) -> Iterator[str]:
    here = {"ADDRESS": TEMPLATE.as_uri(), "UV_NO_PROGRESS": "1", "COLUMNS": str(WIDTH)}
    with subprocess.Popen(
        ["bash", "-c", command],
        cwd=where,
        env=environment() | here,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield line.rstrip("\n")
    if process.returncode != code:
        sys.exit(f"{command}: ended with {process.returncode}, not with {code}")


def shown(lines: Sequence[Line], folder: Path) -> list[Line]:
    """The lines as anybody would see them: no place and no name of this machine.

    What the installer prints of packages is left out, and empty lines but one in a row.
    """
    names = {str(folder): "~", TEMPLATE.as_uri(): "ADDRESS", str(TEMPLATE): "ADDRESS"}
    result: list[Line] = []
    for line in lines:
        text = line.text
        for name, replacement in names.items():
            text = text.replace(name, replacement)
        if re.match(r" *(Installed|Uninstalled|Updat|Built|Build|Prepared|Resolved|Using) ?", text):
            continue
        if text or (result and result[-1].text):
            result.append(Line(line.at, text))
    whole = "\n".join(line.text for line in result)
    private = (socket.gethostname(), str(Path.home()), str(TEMPLATE.parent), "file://", "@github")
    if leaks := [name for name in private if name in whole]:
        sys.exit(f"the recording shows a name of this machine: {', '.join(leaks)}")
    return result


def paced(lines: Sequence[Line]) -> list[Line]:
    """The lines at the times that they appear in the picture."""
    at, before, result = 0.0, 0.0, list[Line]()
    for line in lines:
        is_typed = line.text.startswith("$ ")
        at += _TYPING if is_typed else min(max(line.at - before, _SHORTEST_PAUSE), _LONGEST_PAUSE)
        before = line.at
        result.append(Line(at, line.text))
    return result


def draw(lines: Sequence[Line], title: str) -> str:
    """The moving picture of a terminal window in which the lines appear one by one."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    for line in lines:
        console.print(_coloured(line.text), no_wrap=True, overflow="ellipsis")
    window = ROWS * _LINE_HEIGHT
    return console.export_svg(
        theme=MONOKAI,
        unique_id="terminal",
        code_format=_FORMAT.format(
            title=title,
            height=window + _FRAME,
            window=window,
            background=MONOKAI.background_color.hex,
            motion=_motion(lines).replace("{", "{{").replace("}", "}}"),
        ),
    )


def _motion(lines: Sequence[Line]) -> str:
    """Style sheet: each line appears at its time, and the window follows the last one."""
    total = lines[-1].at + _END
    rules, steps = [], ["0% { transform: translateY(0) }"]
    offset = 0.0
    for number, line in enumerate(lines):
        share = f"{100 * line.at / total:.2f}%"
        rules.append(
            f'[clip-path="url(#terminal-line-{number})"] {{ animation: l{number} {total:.1f}s '
            f"step-end infinite }} @keyframes l{number} {{ 0% {{ opacity: 0 }} "
            f"{share} {{ opacity: 1 }} }}"
        )
        if number >= ROWS:
            offset = (number - ROWS + 1) * _LINE_HEIGHT
            steps.append(f"{share} {{ transform: translateY(-{offset:.1f}px) }}")
    rules.append(f"@keyframes scroll {{ {' '.join(steps)} }}")
    rules.append(
        f".scroll {{ transform: translateY(-{offset:.1f}px); "
        f"animation: scroll {total:.1f}s step-end infinite }}"
    )
    return "\n".join(rules)


def _coloured(text: str) -> Text:
    result = Text.from_ansi(text)
    if text.startswith("$ "):
        result.stylize("bold cyan")
    for verdict, colour in _VERDICTS.items():
        result.highlight_regex(rf"\b{verdict}\b", colour)
    return result


def write_cast(lines: Sequence[Line], file: Path) -> None:
    """What was printed, in asciinema's format, version 2."""
    header = {"version": 2, "width": WIDTH, "height": ROWS, "idle_time_limit": _LONGEST_PAUSE}
    events = [[round(line.at, 3), "o", f"{line.text}\r\n"] for line in lines]
    file.write_text("".join(f"{json.dumps(row)}\n" for row in (header, *events)), encoding="utf-8")


def read_cast(file: Path) -> list[Line]:
    """The lines of a cast that was written here."""
    rows = [json.loads(row) for row in file.read_text(encoding="utf-8").splitlines()[1:]]
    return [Line(at, text.removesuffix("\r\n")) for at, _, text in rows]


def main() -> None:
    folder, picture = (Path(word) for word in sys.argv[1:] if not word.startswith("--"))
    folder, cast = folder.resolve(), folder.resolve().with_suffix(".cast")
    if "--draw" not in sys.argv:
        write_cast(shown(record(folder), folder), cast)
    lines = paced(read_cast(cast))
    picture.write_text(draw(lines, "dataops new, a change, dataops check"), encoding="utf-8")
    print(f"{picture}: {len(lines)} lines, {lines[-1].at + _END:.0f} s")


if __name__ == "__main__":
    main()
