namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>How many database queries a request makes, of one request in sixteen: a route whose queries grow with its answer shows.</summary>
public sealed class QueryCount(Recorder recorder)
{
    private static readonly AsyncLocal<Counted?> Current = new();

    /// <summary>The present request, if it is one that is looked at, made a query.</summary>
    public static void Add() => Current.Value?.Add();

    internal static Counted Begin() => Current.Value = new Counted();

    internal void End(Counted counted, string? route)
    {
        Current.Value = null;
        if (route is not null)
        {
            recorder.TallyOf(Measured.SampledOf + route).Add();
            recorder.TallyOf(Measured.QueriesOf + route).Add(counted.Queries);
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
