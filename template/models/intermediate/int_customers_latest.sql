with customers as (

    select * from {{ ref('stg_customers') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by customer_id
            order by updated_at desc, exported_at desc
        ) as version_rank
    from customers

),

latest as (

    -- without personal data: names, e-mail, phone, address and birth date stay in staging
    select
        customer_id,
        country_code,
        city,
        tier,
        has_newsletter,
        created_at,
        updated_at
    from ranked
    where version_rank = 1

)

select * from latest
