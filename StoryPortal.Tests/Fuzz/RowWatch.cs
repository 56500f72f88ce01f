using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Fuzz;

/// <summary>Notes every row that is committed to a table of the API, so that a test can say that a request has stored nothing.</summary>
internal sealed class RowWatch(OwnDatabase database)
{
    // Not what the system notes by itself: requests and their counts, leases that end, and that an operator has asked for something.
    private const string Install = """
        CREATE SCHEMA watch;
        CREATE TABLE watch.writes (id bigint GENERATED ALWAYS AS IDENTITY, what text NOT NULL);
        CREATE FUNCTION watch.note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO watch.writes (what) VALUES (TG_OP || ' ' || TG_TABLE_NAME);
            RETURN NULL;
        END
        $$;
        DO $$
        DECLARE
            name text;
        BEGIN
            FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'mcp_documents' AND tablename NOT IN
                ('events', 'services', 'service_instances', 'service_registry', 'api_requests', 'maintenance_jobs', 'schema_versions',
                 'event_counts', 'event_counts_progress', 'agent_event_counts', 'agent_event_hours')
            LOOP
                EXECUTE format('CREATE TRIGGER watch AFTER INSERT OR UPDATE OR DELETE ON mcp_documents.%I FOR EACH ROW EXECUTE FUNCTION watch.note()', name);
            END LOOP;
            CREATE TRIGGER watch AFTER INSERT ON mcp_documents.events FOR EACH ROW WHEN (NEW.type NOT LIKE 'admin.%' AND NEW.type NOT LIKE 'service.%') EXECUTE FUNCTION watch.note();
            CREATE TRIGGER watch_changes AFTER UPDATE OR DELETE ON mcp_documents.events FOR EACH ROW EXECUTE FUNCTION watch.note();
            CREATE TRIGGER watch AFTER INSERT OR DELETE ON mcp_documents.services FOR EACH ROW EXECUTE FUNCTION watch.note();
            CREATE TRIGGER watch AFTER INSERT OR DELETE ON mcp_documents.service_instances FOR EACH ROW EXECUTE FUNCTION watch.note();
        END
        $$
        """;

    private long _seen;

    public Task InstallAsync() => database.RunAsync(Install);

    /// <summary>What has been written since this was asked last: <c>INSERT agents</c>.</summary>
    public async Task<List<string>> NewAsync()
    {
        var news = await database.TextsAsync($"SELECT id || ' ' || what FROM watch.writes WHERE id > {_seen} ORDER BY id");
        _seen = news.Count == 0 ? _seen : long.Parse(news[^1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        return [.. news.Select(note => note[(note.IndexOf(' ', StringComparison.Ordinal) + 1)..])];
    }
}
