-- title: Detection rate
-- unit: share
-- better: higher
-- definition: Incidents that a check or a monitor of a run detected ÷ all incidents; the others a person reported after they were published (dataops incident report).
-- absent: no incident in this time
-- enough: 5
select
    count(*) filter (where detected_by = 'check') / nullif(count(*), 0) as value,
    count(*) filter (where detected_by = 'check') as part,
    count(*) as whole
from incidents
where opened_at >= since and opened_at < until
