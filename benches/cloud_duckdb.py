"""The grouping of a daily summary of AWS, Azure or GCP by DuckDB, for benches/cloud.sh: cloud_duckdb.py CLOUD DIRECTORY OUTPUT

Reads the files of `generate_cloud_line_items` and writes one Parquet file. It does less than the summary: tags are grouped as they are
written, nothing is parsed but the two JSON texts that a key or a sum needs, and nothing is checked.
"""
import json
import resource
import sys

import duckdb

AWS = """
SELECT lineitem_usagestartdate::DATE AS usage_start, bill_billingentity, lineitem_productcode, product_productname,
       lineitem_usageaccountid, lineitem_availabilityzone, product_productfamily, product_region, resourcetags, costcategory,
       product_instancetype, pricing_unit,
       sum(CASE WHEN lineitem_lineitemtype = 'SavingsPlanNegation' THEN 0 ELSE lineitem_usageamount END) AS usage_amount,
       max(lineitem_normalizationfactor) AS normalization_factor, sum(lineitem_normalizedusageamount) AS normalized_usage_amount,
       max(lineitem_currencycode) AS currency_code, max(lineitem_unblendedrate) AS unblended_rate,
       sum(lineitem_unblendedcost) AS unblended_cost, max(lineitem_blendedrate) AS blended_rate,
       sum(lineitem_blendedcost) AS blended_cost, sum(savingsplan_savingsplaneffectivecost) AS savingsplan_effective_cost,
       sum(CASE WHEN lineitem_lineitemtype LIKE 'SavingsPlan%' THEN savingsplan_savingsplaneffectivecost
                ELSE lineitem_unblendedcost END) AS calculated_amortized_cost,
       sum(pricing_publicondemandcost) AS public_on_demand_cost, max(pricing_publicondemandrate) AS public_on_demand_rate,
       array_agg(DISTINCT lineitem_resourceid) AS resource_ids, count(DISTINCT lineitem_resourceid) AS resource_count
FROM rows GROUP BY ALL
"""

AZURE = """
SELECT date::DATE AS usage_start, tags, coalesce(nullif(subscriptionid, ''), subscriptionguid) AS subscription_guid, resourcelocation,
       json_extract_string(additionalinfo, '$.ServiceType') AS instance_type,
       coalesce(nullif(servicename, ''), metercategory) AS service_name,
       coalesce(nullif(subscriptionname, ''), nullif(subscriptionid, ''), subscriptionguid) AS subscription_name,
       sum(costinbillingcurrency::DECIMAL(24, 9)) AS pretax_cost,
       sum(quantity::DECIMAL(24, 9) * CASE WHEN regexp_matches(unitofmeasure, '^\\d+ .')
                                           THEN split_part(unitofmeasure, ' ', 1)::INTEGER ELSE 1 END) AS usage_quantity,
       sum((costinbillingcurrency::DECIMAL(24, 9) * 0.1)::DECIMAL(24, 9)) AS markup_cost,
       max(split_part(unitofmeasure, ' ', 2)) AS unit_of_measure, max(billingcurrency) AS currency,
       array_agg(DISTINCT resourceid) AS instance_ids, count(DISTINCT resourceid) AS instance_count
FROM rows GROUP BY ALL
"""

GCP = """
SELECT invoice_month, billing_account_id, project_id, service_id, sku_id, usage_start_time::DATE AS usage_start,
       usage_end_time::DATE AS usage_end, location_region,
       json_extract_string(system_labels, '$."compute.googleapis.com/machine_spec"') AS instance_type, labels, cost_type,
       max(project_name) AS project_name, max(service_description) AS service_alias, max(sku_description) AS sku_alias,
       max(usage_pricing_unit) AS unit, max(currency) AS currency, sum(usage_amount_in_pricing_units) AS usage_amount,
       sum(cost) AS unblended_cost, sum(cost * 0.1) AS markup_cost,
       sum(coalesce(json_extract_string(credits, '$.amount')::DECIMAL(24, 9), 0)) AS credit_amount
FROM rows WHERE invoice_month = '202610' GROUP BY ALL
"""

QUERIES = {"aws": ("daily/org1234567/AWS/raw", AWS), "azure": ("org1234567/Azure", AZURE), "gcp": ("org1234567/GCP", GCP)}


def main() -> None:
    cloud, directory, output = sys.argv[1:]
    folder, query = QUERIES[cloud]
    database = duckdb.connect()
    files = f"{directory}/data/parquet/{folder}/source=*/year=*/month=*/*.parquet"
    database.execute(f"CREATE VIEW rows AS SELECT * FROM read_parquet('{files}', hive_partitioning = false)")
    database.execute(f"COPY ({query}) TO '{output}' (FORMAT parquet, COMPRESSION snappy)")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"peak_memory_bytes": peak}))


if __name__ == "__main__":
    main()
