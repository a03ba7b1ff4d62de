-- title: Lead time
-- unit: seconds
-- better: lower
-- definition: For every commit on main: from its commit to the first published release that contains it; the median.
-- absent: no commit was released in this time
select
    median(greatest(0, epoch(published_at - committed_at))) as value,
    count(committed_at) as part,
    count(committed_at) as whole
from shipped
where published_at >= since and published_at < until
