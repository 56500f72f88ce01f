using System.Collections.Concurrent;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>How many database queries a request makes, of a hundred requests a second at most on each thread: a route whose queries grow with its answer shows.</summary>
public sealed class QueryCount(Recorder recorder)
{
    private static readonly AsyncLocal<Counted?> Current = new();

    private readonly ConcurrentDictionary<string, (Recorder.Tally Sampled, Recorder.Tally Queries)> _routes = new(StringComparer.Ordinal);

    /// <summary>The present request, if it is one that is looked at, made a query.</summary>
    public static void Add() => Current.Value?.Add();

    internal static Counted Begin() => Current.Value = new Counted();

    internal void End(Counted counted, string? route)
    {
        Current.Value = null;
        if (route is not null)
        {
            var (sampled, queries) = _routes.GetOrAdd(
                route, static (route, recorder) => (recorder.TallyOf(Measured.SampledOf + route), recorder.TallyOf(Measured.QueriesOf + route)), recorder);
            sampled.Add();
            queries.Add(counted.Queries);
        }
    }

    /// <summary>Queries of a request; some may be made at the same time.</summary>
    internal sealed class Counted
    {
        private int _queries;

        public int Queries => Volatile.Read(ref _queries);

        public void Add() => Interlocked.Increment(ref _queries);
    }
}
