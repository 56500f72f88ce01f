using System.Collections.Concurrent;
using Npgsql;

namespace StoryPortal.DataLayer.Database;

/// <summary>Parameters with which each reading query really ran, taken once a minute: what its plan is asked for with.</summary>
internal sealed class QuerySamples
{
    private const long LifeMilliseconds = 60_000;

    private readonly ConcurrentDictionary<Query, Sample> _samples = new(ReferenceEqualityComparer.Instance);

    /// <summary>Every query that has run, with the parameters of one run.</summary>
    public IEnumerable<(Query Query, NpgsqlParameter[] Parameters)> All =>
        _samples.Where(pair => pair.Value.Parameters is not null).Select(pair => (pair.Key, Copy(pair.Value.Parameters!)));

    /// <summary>Notes a run, if it is time to.</summary>
    public void Note(Query query, IReadOnlyList<NpgsqlParameter> parameters)
    {
        var now = Environment.TickCount64;
        if (!_samples.TryGetValue(query, out var known) || (known.Parameters is not null && now - known.At > LifeMilliseconds))
        {
            _samples[query] = new Sample(now, query.IsRead ? Copy(parameters) : null);
        }
    }

    // A parameter belongs to one command.
    private static NpgsqlParameter[] Copy(IReadOnlyList<NpgsqlParameter> parameters) => [.. parameters.Select(parameter => parameter.Clone())];

    private sealed record Sample(long At, NpgsqlParameter[]? Parameters);
}
