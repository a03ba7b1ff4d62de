{{ config(materialized='table') }}

select
    customer_id,
    exported_at,
    upper(email) as reach,
    count(phone) over (partition by country_code) as phone_count
from {{ ref('stg_customers') }}
