using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.DataLayer.Database;

/// <summary>How long queries take, for the scorecard: reads by their class; writes apart, since they wait for a disk.</summary>
internal sealed class QueryTimes(Recorder recorder)
{
    private readonly Recorder.Times[] _reads = [.. new[] { "simple", "join", "aggregate" }.Select(name => recorder.TimesOf(Measured.Query(name)))];
    private readonly Recorder.Times _writes = recorder.TimesOf(Measured.DatabaseWrites);

    public void Add(Query query, TimeSpan duration)
    {
        QueryCount.Add();
        (query.IsRead ? _reads[(int)query.Class] : _writes).Add(duration);
    }
}
