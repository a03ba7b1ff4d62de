-- title: On-time rate
-- unit: share
-- better: higher
-- definition: Days with a release published in the 24 hours before the deadline, its data as fresh as the freshness rules ask and no delivery missing, ÷ days with a deadline. A missing release is late.
-- absent: no deadline has passed in this time
-- enough: 5
select
    count(*) filter (where on_time) / nullif(count(*), 0) as value,
    count(*) filter (where on_time) as part,
    count(*) as whole
from expected
where deadline >= since and deadline < until
