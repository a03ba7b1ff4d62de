"""The SQL style of a product that uses the macros of dbt, of packages and of its team."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest
from sqlfluff.core import FluffConfig, Linter

from first_light.utils import sql_names

TEMPLATE = Path(__file__).parents[2] / "template"
CONFIG = """\
[sqlfluff]
dialect = {dialect}
templater = jinja
max_line_length = 100

[sqlfluff:templater:jinja]
apply_dbt_builtins = true
load_macros_from_path = macros
"""
PACKAGE = {
    "dbt_project.yml": "name: tools\n",
    "macros/keys.sql": """\
{% macro key(columns) -%}
    {{ return(adapter.dispatch('key', 'tools')(columns)) }}
{%- endmacro %}
{% macro default__key(columns) -%}
    md5({{ tools._joined(columns) }})
{%- endmacro %}
{% macro postgres__key(columns) -%}
    md5(concat({{ columns | join(', ') }}))
{%- endmacro %}
{% macro _joined(columns) -%}
    {%- for column in columns %}cast({{ column }} as {{ dbt.type_string() }})
    {%- if not loop.last %} || {% endif %}{% endfor -%}
{%- endmacro %}
""",
    "macros/selects.sql": """\
{% macro kinds(relation) -%}
    {%- set found = run_query('select distinct kind from ' ~ relation) -%}
    {{ return(found.columns[0].values()) }}
{%- endmacro %}
{% macro union_all(relations) -%}
    {%- for relation in relations %}
    select {{ adapter.get_columns_in_relation(relation) | map(attribute='name') | join(', ') }}
    from {{ relation }}{{ ' union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
{% macro fails(relation) -%}
    select {{ no_such_macro(relation).column.value }} from {{ relation }}
{%- endmacro %}
""",
}
MODEL = """\
{%- set kinds = tools.kinds(ref('orders')) -%}
with unioned as (

    {{ tools.union_all([ref('orders'), ref('returns')]) }}

),

failing as (

    {{ tools.fails(ref('orders')) }}

)

select
    {{ tools.key(['a.order_id', 'a.day']) }} as order_key,
    {{ dbt.date_trunc('month', 'a.ordered_at') }} as ordered_in,
    {{ date_trunc('year', 'a.ordered_at') }} as ordered_in_year,
    {{ dbt.datediff('a.ordered_at', 'a.paid_at', 'day') }} as n_days,
    {{ cents('a.amount') }} as amount,
    '{{ env_var("NOT_SET_ANYWHERE", "none") }}' as stage,
    '{{ modules.datetime.date(2026, 1, 1).isoformat() }}' as day,
    sum(case when a.kind = '{{ kinds[0] }}' then 1 end) as n_first
from unioned as a
inner join failing as b on a.order_id = b.order_id
group by a.order_id
"""
OWN = """\
{% macro cents(column) -%}
    cast({{ column }} / 100 as {{ dbt.type_numeric() }})
{%- endmacro %}
"""


@pytest.fixture
def product(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {f"dbt_packages/tools/{name}": text for name, text in PACKAGE.items()}
    files |= {"dbt_project.yml": "name: shop\n", "macros/cents.sql": OWN}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rendered(model: str, dialect: str = "duckdb", settings: str = CONFIG) -> tuple[str, list[str]]:
    """A model as the style sees it, and what can't be rendered or parsed."""
    config = FluffConfig.from_string(settings.format(dialect=dialect))
    linter = Linter(config=config)
    parsed = linter.parse_string(model)
    problems = [f"{found.rule_code()} {found.desc()}" for found in parsed.violations]
    root = parsed.root_variant()
    return (root.templated_file.templated_str if root and root.templated_file else ""), problems


@pytest.mark.usefixtures("product")
@pytest.mark.parametrize(
    ("dialect", "words"),
    [
        ("duckdb", ["md5(cast(a.order_id as varchar) || cast(a.day as varchar))"]),
        ("postgres", ["md5(concat(a.order_id, a.day))"]),
    ],
)
def test_macros_of_dbt_packages_and_the_team_are_rendered(dialect: str, words: list[str]) -> None:
    sql, problems = rendered(MODEL, dialect)
    assert problems == []
    for word in (*words, "date_trunc('month', a.ordered_at)", "'2026-01-01' as day", "select item"):
        assert word in sql, sql
    assert "cast(a.amount / 100 as numeric(28, 6))" in sql.replace("28,6", "28, 6")
    assert "'none' as stage" in sql


@pytest.mark.usefixtures("product")
def test_a_snapshot_in_a_block_is_read() -> None:
    sql, problems = rendered(
        "{% snapshot old %}\n{{ config({'strategy': 'check'}) }}\n{{ config(unique_key='k') }}\n"
        "{% if config.get('tags', default=[]) %}no{% endif %}\n"
        "select {{ tools.key(['a']) }} as k from {{ ref('b') }}\n{% endsnapshot %}\n"
    )
    assert problems == []
    assert "select md5(cast(a as varchar)) as k from b" in " ".join(sql.split())


@pytest.mark.usefixtures("product")
@pytest.mark.parametrize("templater", ["dbt", "dbt-cloud"])
def test_settings_of_an_adopted_project_may_ask_for_the_templater_of_dbt(templater: str) -> None:
    """That one is not installed, and compiles the whole project for one file."""
    settings = f"[sqlfluff]\ndialect = {{dialect}}\ntemplater = {templater}\n"
    settings += "[sqlfluff:templater:dbt]\nprofiles_dir = .\n"
    sql, problems = rendered(MODEL, settings=settings)
    assert problems == []
    assert "cast(a.amount / 100 as numeric(28,6))" in sql.replace("28, 6", "28,6")


@pytest.mark.usefixtures("product")
@pytest.mark.parametrize("name", ["tools.no_such_macro", "other_tools.key", "no_such_macro"])
def test_a_macro_that_there_is_not_is_still_an_error(name: str) -> None:
    _, problems = rendered(f"select {{{{ {name}('a') }}}} as b from c\n")
    print(problems)
    assert any(problem.startswith("TMP") and "undefined" in problem.lower() for problem in problems)


def test_half_a_package_is_no_package(product: Path) -> None:
    (product / "dbt_packages/tools/dbt_project.yml").unlink()
    _, problems = rendered("select {{ tools.key(['a']) }} as b from c\n")
    assert any(problem.startswith("TMP") and "undefined" in problem.lower() for problem in problems)


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_quotes_that_a_warehouse_needs_stay(dialect: str) -> None:
    style = (TEMPLATE / ".sqlfluff.jinja").read_text(encoding="utf-8")
    style = jinja2.Template(style).render(warehouse=dialect)
    config = FluffConfig.from_string(style.replace("templater = jinja", "templater = raw"))
    columns = ",\n".join(f'    "{word}" as a_{word}' for word in sorted(sql_names.RESERVED))
    linted = Linter(config=config).lint_string(f"select\n{columns}\nfrom orders\n")
    assert [found.desc() for found in linted.get_violations()] == []
