-- Events counted by hour and type, up to progress: statistics over weeks read some thousand rows instead of a million events.
CREATE TABLE mcp_documents.event_counts (
    hour  timestamptz NOT NULL,
    type  text NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (hour, type)
);

-- One row: every event with a seq up to this one is in event_counts, and no other. Whoever changes the counts locks it first.
CREATE TABLE mcp_documents.event_counts_progress (
    seq bigint NOT NULL
);
INSERT INTO mcp_documents.event_counts_progress VALUES (0);

-- Every event with a seq up to upto must be committed already. Statement by statement, so that what happened before the lock was had is seen.
CREATE FUNCTION mcp_documents.count_events(upto bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    counted bigint;
BEGIN
    SELECT seq INTO counted FROM mcp_documents.event_counts_progress FOR UPDATE;
    IF upto > counted THEN
        INSERT INTO mcp_documents.event_counts
        SELECT date_bin('1 hour', timestamp, 'epoch'), type, count(*) FROM mcp_documents.events WHERE seq > counted AND seq <= upto GROUP BY 1, 2
        ON CONFLICT (hour, type) DO UPDATE SET count = event_counts.count + excluded.count;
        UPDATE mcp_documents.event_counts_progress SET seq = upto;
    END IF;
END
$$;

-- Events that are deleted are not counted any more.
CREATE FUNCTION mcp_documents.uncount_deleted_events() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    counted bigint;
BEGIN
    SELECT seq INTO counted FROM mcp_documents.event_counts_progress FOR UPDATE;
    UPDATE mcp_documents.event_counts c SET count = c.count - gone.count
    FROM (SELECT date_bin('1 hour', timestamp, 'epoch') AS hour, type, count(*) FROM deleted WHERE seq <= counted GROUP BY 1, 2) gone
    WHERE c.hour = gone.hour AND c.type = gone.type;
    DELETE FROM mcp_documents.event_counts WHERE count = 0 AND hour IN (SELECT date_bin('1 hour', timestamp, 'epoch') FROM deleted);
    RETURN NULL;
END
$$;
CREATE TRIGGER events_deleted AFTER DELETE ON mcp_documents.events
    REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION mcp_documents.uncount_deleted_events();

CREATE FUNCTION mcp_documents.uncount_all_events() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE mcp_documents.event_counts_progress SET seq = 0; -- the numbers may begin anew
    DELETE FROM mcp_documents.event_counts;
    RETURN NULL;
END
$$;
CREATE TRIGGER events_truncated AFTER TRUNCATE ON mcp_documents.events
    FOR EACH STATEMENT EXECUTE FUNCTION mcp_documents.uncount_all_events();
