with source as (

    select * from {{ source('raw', 'payments') }}

),

renamed as (

    -- distinct: removes rows of files that were delivered twice
    select distinct
        cast(payment_id as bigint) as payment_id,
        cast(order_id as bigint) as order_id,
        kind as payment_kind,
        method as payment_method,
        -- the shop exports all amounts as positive; refunds become negative
        cast(
            case when kind = 'refund' then -1 else 1 end * cast(amount as decimal(18, 2))
            as decimal(18, 2)
        ) as amount,
        cast(paid_at as timestamp) as paid_at,
        cast(exported_at as timestamp) as exported_at
    from source

)

select * from renamed
