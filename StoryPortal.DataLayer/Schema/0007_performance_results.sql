-- What load tests found, and the reports of the months. Baselines have their table since 0001.

CREATE TABLE mcp_documents.load_tests (
    id                  uuid PRIMARY KEY,
    name                text NOT NULL,
    tool                text NOT NULL,
    taken_at            timestamptz NOT NULL,
    duration_seconds    double precision NOT NULL CHECK (duration_seconds >= 0),
    requests            bigint NOT NULL CHECK (requests >= 0),
    failed_requests     bigint NOT NULL CHECK (failed_requests >= 0),
    requests_per_second double precision NOT NULL CHECK (requests_per_second >= 0),
    p95_ms              double precision NOT NULL CHECK (p95_ms >= 0),
    p99_ms              double precision NOT NULL CHECK (p99_ms >= 0),
    details             jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE mcp_documents.performance_reports (
    taken_at timestamptz PRIMARY KEY,
    markdown text NOT NULL
);
