"""Lines of YAML: scalars, folded prose, comments, tests."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Sequence

from first_light.inference.values import Test

WIDTH = 96

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./(),' -]*[A-Za-z0-9_.)]|[A-Za-z]")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan"})
# A whole run of signs: a brace that stays before a quoted run would become part of it.
JINJA = re.compile(r"[{}%#]*(?:\{[{%#]|[}%#]\})[{}%#]*")
_UNPRINTED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def scalar(text: str) -> str:
    """`text` as a YAML scalar on one line; plain where every YAML reader takes it for text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and ": " not in text:
        return text
    return quoted(text)


def quoted(text: str) -> str:
    escaped = json.dumps(text, ensure_ascii=False)
    return _UNPRINTED.sub(lambda sign: f"\\u{ord(sign[0]):04x}", escaped)


def unrendered(text: str) -> str:
    """`text` so that Jinja gives back exactly it."""
    return JINJA.sub(lambda sign: "{{ '" + sign[0] + "' }}", text)


def prose(indent: str, key: str, text: str) -> list[str]:
    """A `key: text` pair; long text is folded over several lines."""
    text = " ".join(unrendered(text).split())
    line = f"{indent}{key}: {scalar(text)}"
    if len(line) <= WIDTH or _UNPRINTED.search(text) or not text.isprintable():
        return [line]
    wrapped = textwrap.wrap(
        text, WIDTH - len(indent) - 2, break_long_words=False, break_on_hyphens=False
    )
    return [f"{indent}{key}: >-"] + [f"{indent}  {part}" for part in wrapped]


def comment(indent: str, text: str) -> list[str]:
    """A comment on as many lines as it needs."""
    safe = "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
    wrapped = textwrap.wrap(safe, WIDTH - len(indent) - 2, break_on_hyphens=False)
    return [f"{indent}# {part}" for part in wrapped]


def inner(text: str) -> str:
    """A scalar inside braces: anything that isn't a bare word is quoted."""
    text = unrendered(text)
    return text if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]*", text) else quoted(text)


def config(indent: str, group: str, access: str, contract: bool) -> list[str]:
    """The config of a model."""
    lines = [f"{indent}config:", f"{indent}  group: {scalar(group)}", f"{indent}  access: {access}"]
    return lines + ([f"{indent}  contract: {{enforced: true}}"] if contract else [])


def test_lines(indent: str, tests: Sequence[Test]) -> list[str]:
    """Data tests, each with its evidence as a comment above it."""
    if not tests:
        return []
    lines = [f"{indent}data_tests:"]
    for test in tests:
        lines += comment(f"{indent}  ", test.evidence)
        body: list[str] = []
        if test.arguments:
            body.append(f"{indent}      arguments:")
            for name, value in test.arguments.items():
                if isinstance(value, list):
                    body.append(f"{indent}        {name}:")
                    body += [f"{indent}          - {_argument(test, v)}" for v in value]
                else:
                    body.append(
                        f"{indent}        {name}: "
                        + (str(value) if isinstance(value, int) else scalar(value))
                    )
        if test.allowed and test.severity == "error":
            body.append(f'{indent}      config: {{error_if: ">{test.allowed}"}}')
        elif test.allowed:
            body.append(f'{indent}      config: {{severity: warn, warn_if: ">{test.allowed}"}}')
        elif test.severity == "warn":
            body.append(f"{indent}      config: {{severity: warn}}")
        lines.append(f"{indent}  - {test.name}" + (":" if body else ""))
        lines += body
    return lines


def _argument(test: Test, value: str) -> str:
    """One item of a list argument; dbt puts accepted values between quotes just as they are."""
    if test.name == "accepted_values":
        value = value.replace("'", "''")
    return scalar(unrendered(value))
