with recursive dates as (

    select cast('2020-01-01' as date) as day

    union all

    select cast(day + interval '1 day' as date) as day
    from dates
    where day < cast('2034-12-31' as date)

),

final as (

    select
        day,
        cast(extract(year from day) as integer) as year_number,
        cast(extract(quarter from day) as integer) as quarter_number,
        cast(extract(month from day) as integer) as month_number,
        cast(extract(week from day) as integer) as week_number,
        cast(extract(isodow from day) as integer) as weekday_number,
        extract(isodow from day) in (6, 7) as is_weekend
    from dates

)

select * from final
