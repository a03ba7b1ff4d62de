-- title: Test coverage
-- unit: share
-- better: higher
-- definition: Models with at least one data test ÷ models, in the newest published release of this time.
-- absent: no published release in this time
with newest as (
    select arg_max(run, number) as run from published where ended_at >= since and ended_at < until
),

models as (
    select r.run, r.unique_id from results as r semi join newest using (run) where r.kind = 'model'
),

covered as (
    select m.unique_id
    from models as m
    inner join results as t on m.run = t.run and t.kind = 'test'
    where t.subject = m.unique_id or list_contains(t.depends_on, m.unique_id)
    group by m.unique_id
)

select
    (select count(*) from covered) / nullif(count(*), 0) as value,
    (select count(*) from covered) as part,
    count(*) as whole
from models
