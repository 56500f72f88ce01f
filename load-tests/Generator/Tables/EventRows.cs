using System.Globalization;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace StoryPortal.Generator.Tables;

/// <summary>Events shaped like the commits of <c>load-tests/data/events.ndjson</c>; about half of them in a session.</summary>
internal sealed class EventRows(Dataset dataset, SessionRows sessions, Calendar calendar, int seed)
    : TableRows("events", "id, type, timestamp, agent_id, session_id, payload, received_at", dataset.Size.Events)
{
    private const int SessionsAtOnce = 200;

    private static readonly string[] Folders = ["src", "tests", "eng", "extension", "playground", "docs", "github", "tools"];
    private static readonly string[] Files = ["Program.cs", "Options.cs", "README.md", "Store.cs", "Connection.cs", "Endpoints.cs", "build.yml", "Pool.cs"];

    /// <summary>The types of events, the most frequent first.</summary>
    public static readonly string[] Types =
    [
        "commit.src", "tool.called", "commit.tests", "message.sent", "commit.eng", "commit.extension", "session.started", "commit.github", "session.ended",
        "chapter.written", "commit.playground", "merge", "review.requested", "review.done", "commit.docs", "build.passed", "build.failed", "plan.made",
        "plan.changed", "commit.npgsql", "tool.failed", "agent.started", "agent.stopped", "import.done", "commit.testsuite", "commit.vscode", "error.raised",
        "budget.exceeded", "commit.teamcity", "commit.empty",
    ];

    private readonly WeightedChoice _types = WeightedChoice.Zipf(Types.Length);
    private readonly WeightedChoice _agents = WeightedChoice.Zipf(dataset.Agents.Count);
    private readonly Random _random = new(seed + 30);
    private readonly StringBuilder _payload = new();

    public override Guid FirstId { get; } = Ids.Next(new Random(seed + 31));

    protected override void Write(NpgsqlBinaryImporter row, int i)
    {
        var time = calendar.At((i + _random.NextDouble()) / Count);
        row.Write(i == 0 ? FirstId : Ids.Next(_random, time), NpgsqlDbType.Uuid);
        row.Write(Types[_types.Next(_random)], NpgsqlDbType.Text);
        row.Write(time, NpgsqlDbType.TimestampTz);
        WriteWho(row, i);
        row.Write(Payload(), NpgsqlDbType.Jsonb);
        row.Write(time.AddMilliseconds(_random.Next(2_000)), NpgsqlDbType.TimestampTz);
    }

    private void WriteWho(NpgsqlBinaryImporter row, int i)
    {
        var chance = _random.NextDouble();
        if (chance < 0.05)
        {
            row.WriteNull(); // a tool without an agent
            row.WriteNull();
        }
        else if (chance < 0.5)
        {
            row.Write(dataset.Agents[_agents.Next(_random)], NpgsqlDbType.Uuid);
            row.WriteNull();
        }
        else
        {
            // Sessions run beside each other for a while.
            var session = Math.Max(0, (int)((long)i * sessions.Count / Count) - _random.Next(SessionsAtOnce));
            row.Write(sessions.AgentOf(session), NpgsqlDbType.Uuid);
            row.Write(dataset.Sessions[session], NpgsqlDbType.Uuid);
        }
    }

    private string Payload()
    {
        // Most commits touch one or two files, few touch many.
        var files = 1 + (int)(Math.Pow(_random.NextDouble(), 3) * 20);
        var folder = Folders[_random.Next(Folders.Length)];
        _payload.Clear().Append(CultureInfo.InvariantCulture,
            $$"""{"repository":"npgsql/npgsql","sha":"{{_random.NextInt64():x16}}{{_random.NextInt64():x16}}","parents":1,"files":{{files}},"top":{"{{folder}}":{{files}}},"paths":[""");
        for (var f = 0; f < Math.Min(files, 12); f++)
        {
            _payload.Append(f == 0 ? "\"" : ",\"").Append(folder).Append('/').Append(Files[_random.Next(Files.Length)]).Append('"');
        }

        return _payload.Append(CultureInfo.InvariantCulture, $"],\"subject_length\":{_random.Next(8, 120)}}}").ToString();
    }
}
