-- Events of each agent, up to the same progress as event_counts: an overview of a busy agent reads two dozen rows instead of all of its events.
CREATE TABLE mcp_documents.agent_event_counts (
    agent_id uuid PRIMARY KEY,
    count    bigint NOT NULL
) WITH (fillfactor = 70);

-- And those of its last hours, from an hour before a day ago: older ones are not asked for apart, and an import of the past would fill it.
CREATE TABLE mcp_documents.agent_event_hours (
    agent_id uuid NOT NULL,
    hour     timestamptz NOT NULL,
    count    bigint NOT NULL,
    PRIMARY KEY (agent_id, hour)
) WITH (fillfactor = 70);
CREATE INDEX agent_event_hours_hour ON mcp_documents.agent_event_hours (hour);

-- Every event with a seq up to upto must be committed already. Statement by statement, so that what happened before the lock was had is seen.
CREATE OR REPLACE FUNCTION mcp_documents.count_events(upto bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    counted bigint;
BEGIN
    SELECT seq INTO counted FROM mcp_documents.event_counts_progress FOR UPDATE;
    IF upto > counted THEN
        WITH new AS MATERIALIZED (
            SELECT date_bin('1 hour', timestamp, 'epoch') AS hour, type, agent_id, count(*) AS count
            FROM mcp_documents.events WHERE seq > counted AND seq <= upto GROUP BY 1, 2, 3),
        by_type AS (
            INSERT INTO mcp_documents.event_counts
            SELECT hour, type, sum(count) FROM new GROUP BY 1, 2
            ON CONFLICT (hour, type) DO UPDATE SET count = event_counts.count + excluded.count),
        by_agent AS (
            INSERT INTO mcp_documents.agent_event_counts
            SELECT agent_id, sum(count) FROM new WHERE agent_id IS NOT NULL GROUP BY 1
            ON CONFLICT (agent_id) DO UPDATE SET count = agent_event_counts.count + excluded.count)
        INSERT INTO mcp_documents.agent_event_hours
        SELECT agent_id, hour, sum(count) FROM new WHERE agent_id IS NOT NULL AND hour >= now() - interval '26 hours' GROUP BY 1, 2
        ON CONFLICT (agent_id, hour) DO UPDATE SET count = agent_event_hours.count + excluded.count;

        DELETE FROM mcp_documents.agent_event_hours WHERE hour < now() - interval '26 hours';
        UPDATE mcp_documents.event_counts_progress SET seq = upto;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION mcp_documents.uncount_deleted_events() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    counted bigint;
BEGIN
    SELECT seq INTO counted FROM mcp_documents.event_counts_progress FOR UPDATE;
    UPDATE mcp_documents.event_counts c SET count = c.count - gone.count
    FROM (SELECT date_bin('1 hour', timestamp, 'epoch') AS hour, type, count(*) FROM deleted WHERE seq <= counted GROUP BY 1, 2) gone
    WHERE c.hour = gone.hour AND c.type = gone.type;
    DELETE FROM mcp_documents.event_counts WHERE count = 0 AND hour IN (SELECT date_bin('1 hour', timestamp, 'epoch') FROM deleted);

    UPDATE mcp_documents.agent_event_counts c SET count = c.count - gone.count
    FROM (SELECT agent_id, count(*) FROM deleted WHERE seq <= counted GROUP BY 1) gone
    WHERE c.agent_id = gone.agent_id;
    DELETE FROM mcp_documents.agent_event_counts WHERE count = 0 AND agent_id IN (SELECT agent_id FROM deleted);

    UPDATE mcp_documents.agent_event_hours c SET count = c.count - gone.count
    FROM (SELECT agent_id, date_bin('1 hour', timestamp, 'epoch') AS hour, count(*) FROM deleted WHERE seq <= counted GROUP BY 1, 2) gone
    WHERE c.agent_id = gone.agent_id AND c.hour = gone.hour;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION mcp_documents.uncount_all_events() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE mcp_documents.event_counts_progress SET seq = 0; -- the numbers may begin anew
    DELETE FROM mcp_documents.event_counts;
    DELETE FROM mcp_documents.agent_event_counts;
    DELETE FROM mcp_documents.agent_event_hours;
    RETURN NULL;
END
$$;

-- What was counted by type already, is counted by agent now.
DO $$
DECLARE
    counted bigint;
BEGIN
    SELECT seq INTO counted FROM mcp_documents.event_counts_progress FOR UPDATE;
    INSERT INTO mcp_documents.agent_event_counts
    SELECT agent_id, count(*) FROM mcp_documents.events WHERE seq <= counted AND agent_id IS NOT NULL GROUP BY 1;
    INSERT INTO mcp_documents.agent_event_hours
    SELECT agent_id, date_bin('1 hour', timestamp, 'epoch'), count(*) FROM mcp_documents.events
    WHERE seq <= counted AND agent_id IS NOT NULL AND date_bin('1 hour', timestamp, 'epoch') >= now() - interval '26 hours' GROUP BY 1, 2;
END
$$;
