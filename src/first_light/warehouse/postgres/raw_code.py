"""Functions in raw that would run with the rights of whoever reads it."""

from __future__ import annotations

from typing import Any

from first_light.utils.errors import DataopsError

# A view, a row policy and a cast of a type call functions with the rights of the reader, the
# writer of releases. What a materialized view calls has run with its owner's.
_FUNCTIONS = """
with recursive needed (relation, class, object) as (
    select oid, 'pg_class'::regclass, oid from pg_class
    where relnamespace = to_regnamespace(%s) and relkind in ('r', 'p', 'v', 'f')
    union
    select needed.relation, further.class, further.object
    from needed cross join lateral (
        select 'pg_rewrite'::regclass, pg_rewrite.oid
        from pg_rewrite inner join pg_class on pg_rewrite.ev_class = pg_class.oid
        where
            needed.class = 'pg_class'::regclass
            and ev_class = needed.object
            and pg_class.relkind = 'v'
        union all
        select 'pg_policy'::regclass, oid from pg_policy
        where needed.class = 'pg_class'::regclass and polrelid = needed.object
        union all
        select 'pg_type'::regclass, greatest(typelem, typbasetype) from pg_type
        where needed.class = 'pg_type'::regclass and oid = needed.object
        union all
        select 'pg_proc'::regclass, castfunc from pg_cast
        where needed.class = 'pg_type'::regclass and castsource = needed.object
        union all
        select refclassid, refobjid from pg_depend
        where classid = needed.class and objid = needed.object and deptype in ('n', 'i')
    ) as further (class, object)
    where further.object <> 0
)
select relation::regclass::text, min(pg_proc.proname), min(pg_roles.rolname)
from needed
inner join pg_proc on needed.class = 'pg_proc'::regclass and pg_proc.oid = needed.object
inner join pg_roles on pg_proc.proowner = pg_roles.oid
where not pg_roles.rolsuper and pg_roles.rolname <> current_user
group by 1 order by 1
"""


def raise_if_runs_code(cursor: Any, schema: str) -> None:
    """Fail before a table of a schema is read that would run a function of another role.

    Raises:
        DataopsError: there is one; superusers, and the role that reads, may do what they want.
    """
    cursor.execute(_FUNCTIONS, (schema,))
    rows = cursor.fetchall()
    if rows:
        raise DataopsError(
            "Reading raw would run functions of another role with the rights of this one.",
            where=", ".join(f"{relation}: {name}() of {owner}" for relation, name, owner in rows),
            fix="load tables without views, row policies and types that call functions of a role "
            "other than the writer",
        )
