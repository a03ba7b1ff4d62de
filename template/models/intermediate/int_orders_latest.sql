with orders as (

    select * from {{ ref('stg_orders') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by order_id
            order by updated_at desc, exported_at desc
        ) as version_rank,
        min(exported_at) over (partition by order_id) as arrived_at
    from orders

),

latest as (

    select
        order_id,
        customer_id,
        channel,
        status,
        shipping_amount,
        ordered_at,
        {{ business_date('ordered_at') }} as order_date,
        arrived_at,
        updated_at
    from ranked
    where version_rank = 1

)

select * from latest
