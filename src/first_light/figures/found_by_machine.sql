-- title: Found by machine
-- unit: share
-- better: higher
-- definition: Incidents that a run or a monitor found ÷ all incidents; the others a person found after they were published (dataops incident report).
-- absent: no incident in this time
select
    count(*) filter (where found_by = 'machine') / nullif(count(*), 0) as value,
    count(*) filter (where found_by = 'machine') as part,
    count(*) as whole
from incidents
where opened_at >= since and opened_at < until
