with source as (

    select * from {{ source('raw', 'customers') }}

),

renamed as (

    -- distinct: removes rows of files that were delivered twice
    select distinct
        cast(customer_id as bigint) as customer_id,
        first_name,
        last_name,
        lower(email) as email,
        phone,
        street,
        postcode,
        city,
        country as country_code,
        cast(birth_date as date) as birth_date,
        tier,
        cast(newsletter as boolean) as has_newsletter,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at,
        cast(exported_at as timestamp) as exported_at
    from source

)

select * from renamed
