with source as (

    select * from {{ source('raw', 'orders') }}

),

renamed as (

    -- distinct: removes rows of files that were delivered twice
    select distinct
        cast(order_id as bigint) as order_id,
        cast(customer_id as bigint) as customer_id,
        channel,
        status,
        cast(shipping_fee as decimal(18, 2)) as shipping_amount,
        cast(ordered_at as timestamp) as ordered_at,
        cast(updated_at as timestamp) as updated_at,
        cast(exported_at as timestamp) as exported_at
    from source

)

select * from renamed
