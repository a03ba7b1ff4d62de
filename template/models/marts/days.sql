with recursive dates as (

    select cast('2020-01-01' as date) as day

    union all

    select cast(day + interval '1 day' as date) as day
    from dates
    where day < cast('2034-12-31' as date)

),

final as (

    select day from dates

)

select * from final
