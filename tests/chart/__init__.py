"""The Helm chart, rendered by Helm's own engine and held to Kubernetes' schemas; `make chart-check` prints the table."""
