"""The golden path of this data product: the commands around dbt."""
