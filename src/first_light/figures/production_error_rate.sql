-- title: Production error rate
-- unit: share
-- better: lower
-- definition: Production runs with at least one error ÷ production runs. An expected run that never came counts as one with an error.
-- absent: no production run in this time
-- enough: 5
with counted as (
    select exists (select 1 from problems as e where e.run = p.run) as bad
    from production as p
    where p.ended_at >= since and p.ended_at < until

    union all

    select true
    from expected
    where not came and deadline >= since and deadline < until
)

select
    count(*) filter (where bad) / nullif(count(*), 0) as value,
    count(*) filter (where bad) as part,
    count(*) as whole
from counted
