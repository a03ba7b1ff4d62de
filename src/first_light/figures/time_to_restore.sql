-- title: Time to restore
-- unit: seconds
-- better: lower
-- definition: From the opening of an incident to its end; the median. An open incident counts with its age so far.
-- absent: no incident in this time
select median(seconds) as value, count(*) filter (where closed_number is null) as part, count(*) as whole
from incidents
where opened_at >= since and opened_at < until
