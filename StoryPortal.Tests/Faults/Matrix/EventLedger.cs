using System.Collections.Concurrent;
using Npgsql;

namespace StoryPortal.Tests.Faults.Matrix;

/// <summary>Which events were sent and which of them acknowledged, to be compared with what is stored in the end.</summary>
/// <param name="type">The type of single events; batches have types that begin with it.</param>
internal sealed class EventLedger(string type)
{
    /// <summary>Rows of a batch.</summary>
    public const int BatchRows = 50;

    private readonly ConcurrentDictionary<string, bool> _singles = [];
    private readonly ConcurrentDictionary<string, bool> _batches = [];
    private int _number;

    public string? LatestBatch { get; private set; }

    /// <summary>A single event. It has no id: whoever sent it on twice would store it twice.</summary>
    public (string Key, string Json) NextSingle()
    {
        var key = $"{Interlocked.Increment(ref _number)}";
        _singles[key] = false;
        return (key, $$$"""{"type": "{{{type}}}", "payload": {"key": "{{{key}}}"} }""");
    }

    /// <summary>A batch, under a type of its own.</summary>
    public (string Type, string[] Lines) NextBatch()
    {
        var own = $"{type}-{Interlocked.Increment(ref _number)}";
        _batches[own] = false;
        LatestBatch = own;
        return (own, [.. Enumerable.Repeat($$"""{"type": "{{own}}"}""", BatchRows)]);
    }

    public void AcknowledgeSingle(string key) => _singles[key] = true;

    public void AcknowledgeBatch(string own) => _batches[own] = true;

    /// <summary>What is not as it was told.</summary>
    public async Task<List<Finding>> CompareAsync(NpgsqlDataSource database)
    {
        var findings = new List<Finding>();
        var stored = await CountsAsync(database, "SELECT payload->>'key', count(*) FROM mcp_documents.events WHERE type = $1 GROUP BY 1", type);
        findings.AddRange(stored.Where(single => single.Value > 1).Select(single => new Finding(FindingKind.Duplicate, $"event {single.Key} is there {single.Value} times.")));
        findings.AddRange(_singles.Where(single => single.Value && !stored.ContainsKey(single.Key)).Select(single => new Finding(FindingKind.Lost, $"event {single.Key}.")));

        var batches = await CountsAsync(database, "SELECT type, count(*) FROM mcp_documents.events WHERE type = ANY($1) GROUP BY 1", _batches.Keys.ToArray());
        foreach (var (own, acknowledged) in _batches)
        {
            switch (batches.GetValueOrDefault(own))
            {
                case 0 when acknowledged:
                    findings.Add(new Finding(FindingKind.Lost, $"batch {own}."));
                    break;
                case > BatchRows and var count:
                    findings.Add(new Finding(FindingKind.Duplicate, $"batch {own} has {count} rows."));
                    break;
                case > 0 and < BatchRows and var count:
                    findings.Add(new Finding(FindingKind.Torn, $"batch {own} has {count} rows."));
                    break;
            }
        }

        return findings;
    }

    private static async Task<Dictionary<string, long>> CountsAsync(NpgsqlDataSource database, string sql, object parameter)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new() { Value = parameter });
        await using var rows = await command.ExecuteReaderAsync();
        var counts = new Dictionary<string, long>();
        while (await rows.ReadAsync())
        {
            counts[rows.GetString(0)] = rows.GetInt64(1);
        }

        return counts;
    }
}
