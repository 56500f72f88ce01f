-- A row for each job of the worker. A run is going on while running_since is set and the advisory lock of the job's id is held:
-- a worker that dies in the middle leaves the first, and loses the second.

CREATE TABLE mcp_documents.maintenance_jobs (
    id              smallint GENERATED ALWAYS AS IDENTITY UNIQUE,
    name            text PRIMARY KEY,
    schedule        text NOT NULL,
    next_run_at     timestamptz,
    requested_at    timestamptz,
    running_since   timestamptz,
    started_at      timestamptz,
    finished_at     timestamptz,
    outcome         text CHECK (outcome IN ('succeeded', 'failed', 'cancelled')),
    message         text,
    result          jsonb,
    last_success_at timestamptz
);
