using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace StoryPortal.Generator.Tables;

/// <summary>Agents; the busiest are the oldest.</summary>
internal sealed class AgentRows(Dataset dataset, Calendar calendar, int seed)
    : TableRows("agents", "id, name, type, status, configuration, metadata, created_at, updated_at", dataset.Agents.Count)
{
    private static readonly string[] Types = ["contributor", "reviewer", "writer", "researcher", "planner", "builder", "tester", "translator"];
    private static readonly string[] Statuses = ["active", "idle", "busy", "created", "terminated", "suspended", "error"];
    private static readonly string[] Repositories = ["npgsql/npgsql", "dotnet/yarp", "microsoft/aspire"];

    private static readonly WeightedChoice TypeChoice = WeightedChoice.Zipf(Types.Length);
    private static readonly WeightedChoice StatusChoice = new([35, 40, 10, 6, 6, 2, 1]);

    private readonly Random _random = new(seed + 10);

    public override Guid FirstId => dataset.Agents[0];

    protected override void Write(NpgsqlBinaryImporter row, int i)
    {
        var created = calendar.At((i + _random.NextDouble()) / Count);
        var updated = created.AddSeconds(_random.Next(86_400));
        var repository = Repositories[_random.Next(Repositories.Length)];
        row.Write(dataset.Agents[i], NpgsqlDbType.Uuid);
        row.Write($"{repository}/{_random.NextInt64():x16}", NpgsqlDbType.Text);
        row.Write(Types[TypeChoice.Next(_random)], NpgsqlDbType.Text);
        row.Write(Statuses[StatusChoice.Next(_random)], NpgsqlDbType.Text);
        row.Write(string.Create(CultureInfo.InvariantCulture,
            $$"""{"model":"m{{_random.Next(9)}}","temperature":0.{{_random.Next(1, 9)}},"tools":["search","edit"]}"""), NpgsqlDbType.Jsonb);
        row.Write($$"""{"repository":"{{repository}}","first_seen":"{{created:O}}"}""", NpgsqlDbType.Jsonb);
        row.Write(created, NpgsqlDbType.TimestampTz);
        row.Write(updated, NpgsqlDbType.TimestampTz);
    }
}
