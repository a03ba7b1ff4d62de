"""Names with Jinja's signs: dbt renders the drafted YAML, and reads them as they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from first_light.inference.render.yaml_text import unrendered


def rendered(text: str) -> str:
    return Environment(keep_trailing_newline=True).from_string(text).render()


@pytest.mark.parametrize(
    "name", ["a {}} b", "{{", "{%", "{#", "}}", "{{{", "{{ x }}", "{}", "%}", "a#}b", "{%%}", "%%"]
)
def test_a_name_is_read_as_it_is(name: str) -> None:
    assert rendered(unrendered(name)) == name


@given(st.text(alphabet="{}%#ax '-+\"\\"))
def test_any_name_is_read_as_it_is(name: str) -> None:
    assert rendered(unrendered(name)) == name
