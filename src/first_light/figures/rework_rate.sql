-- title: Rework rate
-- unit: share
-- better: lower
-- definition: Code releases that follow an incident and touch its nodes ÷ code releases.
-- absent: no code release in this time
-- enough: 5
select
    count(*) filter (where rework) / nullif(count(*), 0) as value,
    count(*) filter (where rework) as part,
    count(*) as whole
from code_verdicts
where happened_at >= since and happened_at < until
