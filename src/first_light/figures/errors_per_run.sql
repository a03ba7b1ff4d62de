-- title: Errors per run
-- unit: number
-- better: lower
-- definition: Failed nodes and error-level findings of a production run, on average. A run that ended badly without any of them counts as one error.
-- absent: no production run in this time
with counted as (
    select p.run, count(e.check_id) as errors
    from production as p
    left join problems as e using (run)
    where p.ended_at >= since and p.ended_at < until
    group by p.run
)

select avg(errors) as value, sum(errors) as part, count(*) as whole from counted
