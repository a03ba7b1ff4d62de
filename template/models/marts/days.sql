with numbers as (

    -- as many as there are days from 2020 to 2034
    {{ dbt.generate_series(5479) }}

),

series as (

    select cast(generated_number - 1 as integer) as day_number
    from numbers

),

dates as (

    select
        cast(
            {{ dbt.dateadd('day', 'day_number', "cast('2020-01-01' as date)") }} as date
        ) as day
    from series

),

final as (

    select
        day,
        cast(extract(year from day) as integer) as year_number,
        cast(extract(quarter from day) as integer) as quarter_number,
        cast(extract(month from day) as integer) as month_number,
        cast({{ iso_week('day') }} as integer) as week_number,
        cast({{ iso_weekday('day') }} as integer) as weekday_number,
        {{ iso_weekday('day') }} in (6, 7) as is_weekend
    from dates

)

select * from final
