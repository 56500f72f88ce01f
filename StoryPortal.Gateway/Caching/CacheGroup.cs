using System.Collections.Concurrent;

namespace StoryPortal.Gateway.Caching;

/// <summary>Answers that end together, when what they tell of changes.</summary>
internal sealed class CacheGroup(string name, OutputCacheOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, CachedAnswer> _answers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Fill> _fills = new(StringComparer.Ordinal);
    private long _bytes;
    private int _changes;
    private long _changedAt;

    public string Name => name;

    /// <summary>How often what the answers tell of has changed, as far as this gateway knows.</summary>
    public int Changes => Volatile.Read(ref _changes);

    /// <summary>When that was last, in milliseconds since 1970.</summary>
    public long ChangedAt => Volatile.Read(ref _changedAt);

    public CachedAnswer? Find(string key, TimeSpan lifetime) =>
        _answers.TryGetValue(key, out var answer) && time.GetUtcNow().ToUnixTimeMilliseconds() - answer.FetchedAt < lifetime.TotalMilliseconds ? answer : null;

    /// <summary>Keeps an answer, unless something has changed since <paramref name="changes"/> was read: then it may be older than the change.</summary>
    public bool TryKeep(string key, CachedAnswer answer, int changes)
    {
        if (changes != Changes || answer.Body.Length > options.LargestBytes)
        {
            return false;
        }

        // Rare, and cheaper than to know which answer was not asked for longest.
        if (_answers.Count >= options.MostAnswers || Volatile.Read(ref _bytes) > options.MostBytes)
        {
            Clear();
        }

        _answers[key] = answer;
        Interlocked.Add(ref _bytes, answer.Body.Length);
        if (changes != Changes)
        {
            _answers.TryRemove(key, out _); // it changed in between
            return false;
        }

        return true;
    }

    /// <summary>Ends every answer, and whatever is being fetched.</summary>
    public void Evict()
    {
        Interlocked.Increment(ref _changes);
        Volatile.Write(ref _changedAt, time.GetUtcNow().ToUnixTimeMilliseconds());
        Clear();
    }

    /// <summary>Begins to fetch an answer, or finds that somebody is at it: one asks the hub, the others wait for what comes.</summary>
    public Fill Join(string key, out bool isFirst)
    {
        var mine = new Fill(Changes);
        while (true)
        {
            var fill = _fills.GetOrAdd(key, mine);

            // One that began before a change may bring what was before it.
            isFirst = fill == mine || (fill.Changes != mine.Changes && _fills.TryUpdate(key, mine, fill));
            if (isFirst || fill.Changes == mine.Changes)
            {
                return isFirst ? mine : fill;
            }
        }
    }

    public void Leave(string key, Fill fill, CachedAnswer? answer)
    {
        _fills.TryRemove(KeyValuePair.Create(key, fill));
        fill.Result.TrySetResult(answer);
    }

    private void Clear()
    {
        _answers.Clear();
        Volatile.Write(ref _bytes, 0);
    }

    /// <summary>An answer that is being fetched; its result is null when what came cannot be kept.</summary>
    internal sealed class Fill(int changes)
    {
        public int Changes => changes;

        public TaskCompletionSource<CachedAnswer?> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
