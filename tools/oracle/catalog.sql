-- The PostgreSQL relations that the OpenShift daily summary reads and writes, for one tenant {schema}.
-- Columns, types and widths as documented by koku; keys and indexes that no answer depends on are left out.
CREATE SCHEMA {schema};
CREATE TABLE {schema}.reporting_enabledtagkeys (
    uuid uuid PRIMARY KEY DEFAULT gen_random_uuid(), key varchar(512) NOT NULL, enabled boolean NOT NULL,
    provider_type varchar(50) NOT NULL, UNIQUE (key, provider_type));
CREATE TABLE {schema}.reporting_ocp_cost_category_namespace (
    id serial PRIMARY KEY, namespace text UNIQUE, system_default boolean, cost_category_id int);
CREATE TABLE {schema}.reporting_ocp_nodes (
    uuid uuid PRIMARY KEY DEFAULT gen_random_uuid(), node text, resource_id text, node_capacity_cpu_cores numeric(18,2),
    cluster_id uuid, node_role text, architecture text);
CREATE TABLE {schema}.reporting_ocpusagelineitem_daily_summary (
    uuid uuid NOT NULL, report_period_id int, cost_category_id int, cluster_id varchar(50), cluster_alias varchar(256),
    data_source varchar(64), namespace varchar(253), node varchar(253), resource_id varchar(253),
    usage_start date NOT NULL, usage_end date NOT NULL, pod_labels jsonb,
    pod_usage_cpu_core_hours numeric(33,15), pod_request_cpu_core_hours numeric(33,15),
    pod_effective_usage_cpu_core_hours numeric(33,15), pod_limit_cpu_core_hours numeric(33,15),
    pod_usage_memory_gigabyte_hours numeric(33,15), pod_request_memory_gigabyte_hours numeric(33,15),
    pod_effective_usage_memory_gigabyte_hours numeric(33,15), pod_limit_memory_gigabyte_hours numeric(33,15),
    node_capacity_cpu_cores numeric(33,15), node_capacity_cpu_core_hours numeric(33,15),
    node_capacity_memory_gigabytes numeric(33,15), node_capacity_memory_gigabyte_hours numeric(33,15),
    cluster_capacity_cpu_core_hours numeric(33,15), cluster_capacity_memory_gigabyte_hours numeric(33,15),
    persistentvolumeclaim varchar(253), persistentvolume varchar(253), storageclass varchar(253),
    volume_labels jsonb, all_labels jsonb,
    persistentvolumeclaim_capacity_gigabyte numeric(33,15), persistentvolumeclaim_capacity_gigabyte_months numeric(33,15),
    volume_request_storage_gigabyte_months numeric(33,15), persistentvolumeclaim_usage_gigabyte_months numeric(33,15),
    infrastructure_raw_cost numeric(33,15), infrastructure_project_raw_cost numeric(33,15),
    infrastructure_data_in_gigabytes numeric(33,15), infrastructure_data_out_gigabytes numeric(33,15),
    infrastructure_usage_cost jsonb, infrastructure_markup_cost numeric(33,15),
    infrastructure_project_markup_cost numeric(33,15), infrastructure_monthly_cost numeric(33,15),
    infrastructure_monthly_cost_json jsonb, infrastructure_project_monthly_cost jsonb,
    supplementary_usage_cost jsonb, supplementary_monthly_cost numeric(33,15),
    supplementary_monthly_cost_json jsonb, supplementary_project_monthly_cost jsonb,
    cost_model_cpu_cost numeric(33,15), cost_model_memory_cost numeric(33,15), cost_model_volume_cost numeric(33,15),
    cost_model_gpu_cost numeric(33,15), cost_model_rate_type text, monthly_cost_type text, source_uuid uuid,
    raw_currency text, distributed_cost numeric(33,15));
