-- title: Change failure rate
-- unit: share
-- better: lower
-- definition: Code releases that were rejected, rolled back, or followed before the next code release by a new incident on a changed or downstream node ÷ code releases. A code release brings at least one new commit.
-- absent: no code release in this time
-- enough: 5
select
    count(*) filter (where rejected or rolled_back or followed_by_incident)
    / nullif(count(*), 0) as value,
    count(*) filter (where rejected or rolled_back or followed_by_incident) as part,
    count(*) as whole
from code_verdicts
where happened_at >= since and happened_at < until
