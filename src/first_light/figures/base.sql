-- What the figures stand on: production runs, what failed in them, incidents, code releases.
-- Variables: clock (timestamp, UTC, the product's clock), deadline (HH:MM, UTC, or empty).
-- The order of runs is their number, whatever the clock did.

-- Production runs: attempts on raw. A rehearsal on the sample is none.
create temp table production as
select
    run, number, trigger, outcome, started_at, coalesce(ended_at, started_at) as ended_at,
    seconds, base, current, problem, git."commit" as commit,
    try_cast(nullif(git.committed_at, '') as timestamp) as committed_at,
    raw.fingerprint as raw, raw.tables as raw_tables, len(git.commits) as commits,
    len(profile) > 0 as profiled
from runs
where command = 'release' and kind = 'release' and outcome <> 'running';

create temp table published as
select * from production where outcome = 'published';

-- Each delivery to a table of raw: the production run that saw more of it than the one before.
create temp table arrivals as
with listed as (
    select number, started_at, unnest(raw_tables) as t from production
),

compared as (
    select
        number, started_at, t.name as name, t.files as files, t.bytes as bytes,
        lag(t.files) over before_it as files_before, lag(t.bytes) over before_it as bytes_before
    from listed
    window before_it as (partition by t.name order by number)
)

select number, started_at as arrived_at, name
from compared
where files_before is null or files > files_before or bytes > bytes_before;

create temp table results as
with listed as (
    select r.run, r.number, unnest(r.nodes) as n
    from runs as r semi join production as p using (run)
)

select
    run, number, n.unique_id, n.resource_type as kind, n.name, n."group" as owner,
    coalesce(nullif(n.subject, ''), n.unique_id) as subject,
    n.depends_on, n.status, n.seconds, n.rows, n.message, n.checksum,
    coalesce(n.carried_from, '') as carried_from
from listed;

create temp table sources as
with listed as (
    select r.run, r.number, unnest(r.freshness) as f
    from runs as r semi join production as p using (run)
)

select run, number, f.unique_id, f.name, f.status, f.max_loaded_at, f.age_seconds, f.message from listed;

create temp table seen as
with listed as (
    select r.run, r.number, unnest(r.findings) as f
    from runs as r semi join production as p using (run)
)

select
    run, number,
    concat_ws('.', 'monitor', f."check", f.subject, nullif(f."column", '')) as check_id,
    f.subject, concat_ws(' ', f."check", 'of', f.name, nullif(f."column", '')) as name,
    f.level, f.message
from listed;

-- One row for every check that failed in a run. What ended badly without any node that failed
-- (it could not be parsed, it crashed, the disk was full) counts as one: the run itself.
create temp table problems as
with failed as (
    select run, number, unique_id as check_id, kind, name, subject, owner, message
    from results
    where status in ('error', 'fail', 'runtime error', 'partial success')

    union all

    select run, number, 'freshness.' || unique_id, 'freshness', name, unique_id, '', message
    from sources
    where status in ('error', 'runtime error')

    union all

    select run, number, check_id, 'monitor', name, subject, '', message
    from seen
    where level = 'error'
)

select f.*, p.ended_at as happened_at
from failed as f
inner join production as p using (run)

union all

select
    run, number, 'run' as check_id, 'run' as kind, 'the run itself' as name, 'run' as subject,
    '' as owner, coalesce(nullif(problem, ''), outcome) as message, ended_at as happened_at
from production as p
where
    outcome in ('rejected', 'failed', 'crashed')
    and not exists (select 1 from failed as f where f.run = p.run);

-- When a check that once failed was seen to pass. A published run passed all of them.
create temp table passes as
with once as (
    select distinct check_id, kind from problems
),

seen_to_pass as (
    select o.check_id, r.number
    from results as r
    inner join once as o on r.unique_id = o.check_id
    where r.status in ('success', 'pass', 'warn')

    union all

    select o.check_id, s.number
    from sources as s
    inner join once as o on 'freshness.' || s.unique_id = o.check_id
    where s.status in ('pass', 'warn')

    union all

    select o.check_id, p.number
    from production as p
    inner join once as o on o.kind = 'monitor' and p.profiled

    union all

    select 'run', number
    from production
    where outcome = 'rejected'
)

select s.*
from seen_to_pass as s
anti join problems as p on s.check_id = p.check_id and s.number = p.number;

-- An incident is a check's life on a node, from the first failing run to the first passing one.
create temp table episodes as
with closing as (
    select
        p.*,
        least(passed.number, published.number) as closed_number
    from problems as p
    asof left join passes as passed
        on p.check_id = passed.check_id and p.number < passed.number
    asof left join published
        on p.number < published.number
)

select
    check_id,
    closed_number,
    any_value(kind) as kind,
    arg_max(name, number) as name,
    arg_max(subject, number) as subject,
    arg_max(owner, number) as owner,
    arg_max(message, number) as message,
    min(number) as opened_number,
    arg_min(run, number) as opened_run,
    arg_min(happened_at, number) as opened_at,
    max(number) as last_number,
    arg_max(run, number) as last_run,
    count(*) as runs
from closing
group by check_id, closed_number;

-- Each commit with the first published release that contains it.
create temp table shipped as
with listed as (
    select
        c."commit" as commit,
        try_cast(nullif(c.committed_at, '') as timestamp) as committed_at,
        number
    from (
        select number, unnest(git.commits) as c
        from runs
        where command = 'release' and outcome = 'published'
    )

    union all

    select commit, committed_at, number from published where commit <> ''
),

first_listed as (
    select commit, min(committed_at) as committed_at, min(number) as number
    from listed
    group by commit
)

select
    f.commit, f.committed_at, p.number, p.run,
    p.ended_at as published_at
from first_listed as f
asof inner join published as p on f.number <= p.number;


-- A code release is a commit that production did not hold yet, tried until a verdict fell.
create temp table code_releases as
select
    p.commit,
    min(p.number) as first_number,
    min(p.number) filter (where p.outcome = 'published') as published_number,
    arg_min(p.ended_at, p.number) as happened_at,
    bool_or(p.outcome = 'rejected') as rejected,
    coalesce(
        arg_min(p.run, p.number) filter (where p.outcome = 'published'), arg_max(p.run, p.number)
    ) as run
from production as p
left join shipped as s using (commit)
where
    p.outcome in ('published', 'rejected')
    and p.commit <> ''
    and (s.number is null or s.number >= p.number)
group by p.commit;

-- Who stands on whom, in the runs that matter: where an incident opened or code was released.
create temp table edges as
select distinct run, unique_id as child, unnest(depends_on) as parent
from results
where
    kind not in ('test', 'unit_test')
    and run in (select opened_run from episodes union select run from code_releases);

create temp table above as
with recursive started as (
    -- A test is about one node, and may compare it with others: they too may be the cause.
    select p.run, p.check_id, p.subject as ancestor
    from problems as p

    union

    select p.run, p.check_id, unnest(r.depends_on)
    from problems as p
    inner join results as r on p.run = r.run and p.check_id = r.unique_id
    where r.kind in ('test', 'unit_test')
),

up as (
    select s.run, s.check_id, s.ancestor
    from started as s
    semi join episodes as e on s.run = e.opened_run

    union

    select u.run, u.check_id, e.parent
    from up as u
    inner join edges as e on u.run = e.run and u.ancestor = e.child
)

select * from up;

-- What no run saw: a release that did not come, an error that a person found after it was published.
create temp table noticed as
select
    run, number, outcome, started_at, base,
    coalesce(incident.subject, '') as subject, nullif(incident.release, '') as release, incident.text as text,
    try_cast(nullif(incident.started_at, '') as timestamp) as since
from runs
where command in ('status', 'incident') and outcome in ('late', 'reported');

-- A late release is over with the next one that is published, also with one that had its number
-- already when this was noticed; a late delivery, with the next one that holds it; what a person
-- found, when one says so.
create temp table over as
select n.run as opened_run, arg_min(r.run, r.number) as closed_run
from noticed as n
inner join runs as r on n.run <> r.run
where
    n.outcome = 'late' and r.command = 'release' and r.outcome = 'published'
    and (n.number < r.number or r.ended_at >= n.started_at)
    and (
        n.subject = ''
        or exists (
            select 1 from arrivals as a
            where
                a.name = split_part(n.subject, '.', -1) and a.number <= r.number
                and (n.number < a.number or a.arrived_at >= n.started_at)
        )
    )
    or n.outcome = 'reported' and r.command = 'incident' and r.outcome = 'closed'
    and r.incident.incident = 'reported@' || n.number and n.number < r.number
group by n.run;

create temp table incidents as
with broken as (
    select a.run, a.check_id, a.ancestor
    from above as a
    semi join problems as p on a.run = p.run and a.ancestor = p.subject
),

-- A subject is as deep as the number of broken nodes that any of its checks stands on.
depth as (
    select b.run, p.subject, count(distinct b.ancestor) as broken_above
    from broken as b
    inner join problems as p on b.run = p.run and b.check_id = p.check_id
    group by b.run, p.subject
),

causes as (
    select b.run, b.check_id, arg_min(b.ancestor, (d.broken_above, b.ancestor)) as root_cause
    from broken as b
    inner join depth as d on b.run = d.run and b.ancestor = d.subject
    group by b.run, b.check_id
)

select
    e.check_id || '@' || e.opened_number as incident,
    e.* exclude (closed_number),
    coalesce(c.root_cause, e.subject) as root_cause,
    e.closed_number,
    closing.run as closed_run,
    closing.ended_at as closed_at,
    greatest(
        0, epoch(coalesce(closing.ended_at, getvariable('clock')) - e.opened_at)
    ) as seconds,
    good.run as good_run,
    opening.commit as opened_commit,
    good.commit as good_commit,
    good.run is null or opening.commit <> good.commit as new_commit,
    good.run is null or opening.raw <> good.raw as new_raw,
    opening.commits as commits,
    list_sort([
        t.name for t in coalesce(opening.raw_tables, [])
        if not coalesce(list_contains(good.raw_tables, t), false)
    ]) as raw_tables,
    'check' as detected_by,
    e.opened_number as blamed_number
from episodes as e
left join causes as c on e.opened_run = c.run and e.check_id = c.check_id
left join production as closing on e.closed_number = closing.number
inner join production as opening on e.opened_number = opening.number
asof left join published as good on e.opened_number > good.number

union all by name

select
    n.outcome || '@' || n.number as incident,
    concat_ws('.', n.outcome, nullif(n.subject, '')) as check_id,
    n.outcome as kind,
    case
        when n.outcome <> 'late' then n.text
        when n.subject = '' then 'a release that did not come'
        else 'a delivery that did not come'
    end as name,
    coalesce(nullif(n.subject, ''), 'run') as subject,
    '' as owner,
    n.text as message,
    n.number as opened_number,
    n.run as opened_run,
    coalesce(n.since, n.started_at) as opened_at,
    n.number as last_number,
    n.run as last_run,
    1 as runs,
    coalesce(nullif(n.subject, ''), 'run') as root_cause,
    closing.number as closed_number,
    closing.run as closed_run,
    coalesce(closing.ended_at, closing.started_at) as closed_at,
    greatest(
        0,
        epoch(
            coalesce(closing.ended_at, closing.started_at, getvariable('clock'))
            - coalesce(n.since, n.started_at)
        )
    ) as seconds,
    coalesce(n.release, n.base) as good_run,
    null as opened_commit,
    null as good_commit,
    false as new_commit,
    false as new_raw,
    if(n.outcome = 'reported', 'person', 'check') as detected_by,
    coalesce(seen_in.number, n.number) as blamed_number
from noticed as n
left join over as o on n.run = o.opened_run
left join runs as closing on o.closed_run = closing.run
left join published as seen_in on n.release = seen_in.run;

-- The nodes that a code release changed: their files differ from the release before it.
create temp table changed as
with built as (
    select c.commit, r.unique_id, r.checksum, before.run as before
    from code_releases as c
    inner join results as r on c.run = r.run and r.kind in ('model', 'snapshot', 'seed')
    asof left join published as before on c.first_number > before.number
)

select b.commit, b.unique_id
from built as b
left join results as old on b.before = old.run and b.unique_id = old.unique_id
where old.unique_id is null or old.checksum is distinct from b.checksum;

create temp table touched as
with recursive down as (
    select c.commit, c.run, changed.unique_id as node
    from code_releases as c
    inner join changed using (commit)

    union

    select d.commit, d.run, e.child
    from down as d
    inner join edges as e on d.run = e.run and d.node = e.parent
)

select commit, node from down;

create temp table rolled_back as
select distinct was.commit
from runs as r
inner join published as was on r.base = was.run
inner join published as target on r.current = target.run
where r.command = 'rollback' and target.number < was.number and target.commit <> was.commit;

create temp table code_verdicts as
-- The code release that was the newest when an incident opened, and the first one after it.
with followed as (
    select distinct c.commit
    from incidents as i
    asof inner join code_releases as c on i.blamed_number >= c.first_number
    inner join touched as t on c.commit = t.commit and i.subject = t.node
    where i.blamed_number >= c.published_number
),

reworked as (
    select distinct c.commit
    from incidents as i
    asof inner join code_releases as c on i.opened_number < c.first_number
    inner join changed as t on c.commit = t.commit and t.unique_id in (i.subject, i.root_cause)
)

select
    c.*,
    c.commit in (select commit from rolled_back) as rolled_back,
    c.commit in (select commit from followed) as followed_by_incident,
    c.commit in (select commit from reworked) as rework
from code_releases as c;

-- A deadline a day, since production began. (A table of its own: DuckDB then knows how many rows it
-- has, and joins by sorting.)
create temp table deadlines as
select unnest(generate_series(
    date_trunc('day', (select arg_min(started_at, number) from production)),
    getvariable('clock'),
    interval 1 day
)) + cast(nullif(getvariable('deadline'), '') || ':00' as interval) as deadline;

-- Releases whose data was older than a freshness rule asks, and deadlines at which a delivery had
-- not come.
create temp table stale_releases as
select distinct run from sources where status not in ('pass');

create temp table stale_deadlines as
select distinct d.deadline
from deadlines as d
inner join incidents as i
    on
        i.kind = 'late' and i.subject <> 'run' and i.opened_at <= d.deadline
        and (i.closed_at is null or i.closed_at > d.deadline);

-- What was there by each of them. Something lies in the day before a deadline when the newest that
-- lies before the deadline does.
create temp table expected as
select
    d.deadline,
    coalesce(
        p.ended_at > d.deadline - interval 1 day
        and p.run not in (select run from stale_releases)
        and d.deadline not in (select deadline from stale_deadlines),
        false
    ) as on_time,
    coalesce(r.started_at > d.deadline - interval 1 day, false) as came
from deadlines as d
asof left join published as p on d.deadline >= p.ended_at
asof left join production as r on d.deadline >= r.started_at
where
    d.deadline <= getvariable('clock')
    and d.deadline > (select arg_min(started_at, number) from production);
