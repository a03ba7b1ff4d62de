with source as (

    select * from {{ source('raw', 'returns') }}

),

renamed as (

    -- distinct: removes rows of files that were delivered twice
    select distinct
        cast(return_id as bigint) as return_id,
        cast(order_id as bigint) as order_id,
        cast(line_number as integer) as line_number,
        cast(quantity as integer) as returned_quantity,
        reason as return_reason,
        cast(refund_amount as decimal(18, 2)) as refund_amount,
        cast(returned_at as timestamp) as returned_at,
        cast(exported_at as timestamp) as exported_at
    from source

)

select * from renamed
