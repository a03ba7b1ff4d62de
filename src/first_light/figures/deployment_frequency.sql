-- title: Deployment frequency
-- unit: per week
-- better: higher
-- definition: Published releases that bring at least one new commit, per week. A time shorter than a week counts as one week.
-- absent: no production run yet
with span as (
    select greatest(
        1,
        epoch(
            least(until, getvariable('clock'))
            - greatest(since, (select arg_min(started_at, number) from production))
        ) / 604800
    ) as weeks
)

select
    if(exists (select 1 from production where ended_at < until), count(distinct run) / any_value(weeks), null) as value,
    count(distinct run) as part,
    any_value(weeks) as whole
from span
left join shipped on published_at >= since and published_at < until
