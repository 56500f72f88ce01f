using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StoryPortal.DataLayer.GroupCommit;

namespace StoryPortal.Tests.GroupCommit;

/// <summary>A row of the tests.</summary>
internal sealed record Row(Guid Id, int Bytes = 1);

/// <summary>A writer whose commits are the test's: it records them and lets each wait until the test says so.</summary>
internal sealed class RecordingWriter : GroupCommitWriter<Row>
{
    private readonly Func<IReadOnlyList<Row>, Task> _commit;
    private readonly HashSet<Guid> _stored = [];

    public RecordingWriter(Func<IReadOnlyList<Row>, Task> commit, TimeProvider? time = null, GroupCommitOptions? options = null)
        : base("rows", Options.Create(options ?? new() { Concurrency = 1 }), Metrics, time ?? TimeProvider.System, NullLogger.Instance) => _commit = commit;

    /// <summary>How many rows each commit had.</summary>
    public List<int> Commits { get; } = [];

    public IReadOnlySet<Guid> Stored => _stored;

    private static GroupCommitMetrics Metrics { get; } =
        ActivatorUtilities.CreateInstance<GroupCommitMetrics>(new ServiceCollection().AddMetrics().BuildServiceProvider());

    protected override Guid IdOf(Row row) => row.Id;

    protected override int BytesOf(Row row) => row.Bytes;

    protected override async Task<HashSet<Guid>> InsertAsync(IReadOnlyList<Row> rows)
    {
        await _commit(rows);
        lock (_stored)
        {
            Commits.Add(rows.Count);
            return [.. rows.Select(row => row.Id).Where(_stored.Add)];
        }
    }
}
