using Npgsql;
using NpgsqlTypes;

namespace StoryPortal.Generator.Tables;

/// <summary>Sessions of agents; the latest are still active.</summary>
internal sealed class SessionRows : TableRows
{
    private static readonly string[] Types = ["chat", "task", "review", "import"];

    private readonly Dataset _dataset;
    private readonly Calendar _calendar;
    private readonly Random _random;
    private readonly int[] _agents;

    public SessionRows(Dataset dataset, Calendar calendar, int seed)
        : base("sessions", "id, agent_id, user_id, type, is_active, context, created_at, updated_at, ended_at", dataset.Sessions.Count)
    {
        (_dataset, _calendar, _random) = (dataset, calendar, new Random(seed + 20));
        var agents = WeightedChoice.Zipf(dataset.Agents.Count);
        _agents = [.. Enumerable.Range(0, Count).Select(_ => agents.Next(_random))];
    }

    public override Guid FirstId => _dataset.Sessions[0];

    /// <summary>The agent of session <paramref name="i"/>.</summary>
    public Guid AgentOf(int i) => _dataset.Agents[_agents[i]];

    protected override void Write(NpgsqlBinaryImporter row, int i)
    {
        var created = _calendar.At((i + _random.NextDouble()) / Count);
        var updated = created.AddSeconds(_random.Next(7_200));
        var active = i > Count * 0.98 || _random.Next(200) == 0;
        row.Write(_dataset.Sessions[i], NpgsqlDbType.Uuid);
        row.Write(AgentOf(i), NpgsqlDbType.Uuid);
        row.Write($"user-{_random.Next(5_000)}", NpgsqlDbType.Text);
        row.Write(Types[_random.Next(Types.Length)], NpgsqlDbType.Text);
        row.Write(active, NpgsqlDbType.Boolean);
        row.Write($$"""{"branch":"feature/{{_random.Next(10_000)}}","locale":"en"}""", NpgsqlDbType.Jsonb);
        row.Write(created, NpgsqlDbType.TimestampTz);
        row.Write(updated, NpgsqlDbType.TimestampTz);
        if (active)
        {
            row.WriteNull();
        }
        else
        {
            row.Write(updated, NpgsqlDbType.TimestampTz);
        }
    }
}
