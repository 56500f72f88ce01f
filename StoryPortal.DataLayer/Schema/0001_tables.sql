-- Tables only: indexes are built afterwards, concurrently, by IndexBuilder.

CREATE TABLE mcp_documents.agents (
    id            uuid PRIMARY KEY,
    name          text NOT NULL,
    type          text NOT NULL,
    status        text NOT NULL DEFAULT 'created'
                  CHECK (status IN ('created', 'active', 'idle', 'busy', 'suspended', 'terminated', 'error')),
    configuration jsonb NOT NULL DEFAULT '{}',
    metadata      jsonb NOT NULL DEFAULT '{}',
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE mcp_documents.sessions (
    id         uuid PRIMARY KEY,
    agent_id   uuid,
    user_id    text,
    type       text NOT NULL,
    is_active  boolean NOT NULL DEFAULT true,
    context    jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    ended_at   timestamptz
);

-- No foreign keys: events may arrive before their agent, and stay when it is deleted.
CREATE TABLE mcp_documents.events (
    id          uuid PRIMARY KEY,
    type        text NOT NULL CHECK (length(type) <= 200),
    timestamp   timestamptz NOT NULL,
    agent_id    uuid,
    session_id  uuid,
    payload     jsonb NOT NULL DEFAULT '{}',
    received_at timestamptz NOT NULL DEFAULT now(),
    seq         bigint GENERATED ALWAYS AS IDENTITY
);

CREATE TABLE mcp_documents.api_requests (
    id             uuid PRIMARY KEY,
    request_id     text NOT NULL,
    timestamp      timestamptz NOT NULL,
    method         text NOT NULL,
    route          text NOT NULL,
    path           text NOT NULL,
    status_code    integer NOT NULL,
    latency_ms     double precision NOT NULL,
    consumer       text,
    client_ip      inet,
    user_agent     text,
    trace_id       text,
    request_bytes  bigint,
    response_bytes bigint,
    cache          text
);

CREATE TABLE mcp_documents.quality_scores (
    id             uuid PRIMARY KEY,
    component_type text NOT NULL,
    component_id   text NOT NULL,
    overall_score  double precision NOT NULL CHECK (overall_score BETWEEN 0 AND 100),
    assessment     text NOT NULL CHECK (assessment IN ('good', 'warning', 'critical')),
    dimensions     jsonb NOT NULL DEFAULT '{}',
    calculated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE mcp_documents.services (
    name        text PRIMARY KEY,
    version     text,
    layer       text,
    description text,
    tags        text[] NOT NULL DEFAULT '{}',
    metadata    jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE mcp_documents.service_instances (
    service_name      text NOT NULL REFERENCES mcp_documents.services (name) ON DELETE CASCADE,
    id                text NOT NULL,
    url               text NOT NULL,
    version           text,
    health_url        text,
    lease_seconds     integer NOT NULL DEFAULT 30 CHECK (lease_seconds > 0),
    metadata          jsonb NOT NULL DEFAULT '{}',
    status            text NOT NULL DEFAULT 'passing' CHECK (status IN ('passing', 'critical')),
    registered_at     timestamptz NOT NULL DEFAULT now(),
    last_heartbeat_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service_name, id)
);

CREATE TABLE mcp_documents.model_configs (
    id         text PRIMARY KEY,
    provider   text NOT NULL,
    model      text NOT NULL,
    parameters jsonb NOT NULL DEFAULT '{}',
    enabled    boolean NOT NULL DEFAULT true,
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE mcp_documents.api_keys (
    id                  uuid PRIMARY KEY,
    name                text NOT NULL,
    key_hash            bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
    scopes              text[] NOT NULL,
    requests_per_minute integer,
    created_at          timestamptz NOT NULL DEFAULT now(),
    expires_at          timestamptz,
    revoked_at          timestamptz
);

CREATE TABLE mcp_documents.performance_baselines (
    id        uuid PRIMARY KEY,
    taken_at  timestamptz NOT NULL DEFAULT now(),
    label     text NOT NULL,
    version   text NOT NULL,
    scorecard jsonb NOT NULL
);

-- In Postgres and not in Redis: written in the same transaction as what the request wrote, and never evicted.
CREATE TABLE mcp_documents.idempotency_keys (
    key        text NOT NULL,
    caller     text NOT NULL,
    method     text NOT NULL,
    path       text NOT NULL,
    body_hash  bytea NOT NULL,
    status     integer,
    response   bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (key, caller, method, path)
);
