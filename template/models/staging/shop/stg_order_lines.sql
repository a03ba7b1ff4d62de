with source as (

    select * from {{ source('raw', 'order_lines') }}

),

renamed as (

    -- distinct: removes rows of files that were delivered twice
    select distinct
        cast(order_id as bigint) as order_id,
        cast(line_number as integer) as line_number,
        sku,
        product_name,
        category as product_category,
        cast(quantity as integer) as quantity,
        cast(unit_price as decimal(18, 2)) as unit_price,
        cast(discount as decimal(18, 2)) as line_discount_amount,
        cast(exported_at as timestamp) as exported_at
    from source

)

select * from renamed
