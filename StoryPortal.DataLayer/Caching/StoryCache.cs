using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using StoryPortal.DataLayer.Database;
using ZiggyCreatures.Caching.Fusion;

namespace StoryPortal.DataLayer.Caching;

/// <summary>
/// Answers in the memory of this process (L1, FusionCache: one load for many callers, and what is stale when a load fails or takes too long) over
/// Redis, shared by all (L2), over the database. What a write invalidates is not served again by any process once the write has been answered.
/// </summary>
public sealed class StoryCache : IDisposable
{
    // How long a thing that is not there is known not to be. Creating it invalidates that at once, as with any other change.
    private static readonly TimeSpan AbsenceLife = TimeSpan.FromSeconds(1);

    // How long something stale is served before the database is asked again.
    private static readonly TimeSpan StaleLife = TimeSpan.FromSeconds(1);

    private readonly RedisAnswers _answers;
    private readonly CacheBackplane _backplane;
    private readonly Generations _generations;
    private readonly CacheMetrics _metrics;
    private readonly StoryDatabase _database;
    private readonly CacheOptions _options;
    private readonly TimeProvider _time;
    private readonly MemoryCache _memory;
    private readonly FusionCache _fusion;
    private readonly Dictionary<CacheTier, FusionCacheEntryOptions> _entryOptions;

    internal StoryCache(
        RedisAnswers answers, CacheBackplane backplane, Generations generations, CacheMetrics metrics, StoryDatabase database,
        IOptions<CacheOptions> options, TimeProvider time)
    {
        (_answers, _backplane, _generations, _metrics, _database, _options, _time) = (answers, backplane, generations, metrics, database, options.Value, time);
        _memory = new MemoryCache(new MemoryCacheOptions { SizeLimit = _options.MemoryMegabytes * 1024L * 1024 });
        _fusion = new FusionCache(new FusionCacheOptions { DisableTagging = true, EnableAutoRecovery = false, EnableBestPracticesAdvisor = false }, _memory);
        _entryOptions = new(CacheTier.All.Select(tier => KeyValuePair.Create(tier, EntryOptions(tier))), ReferenceEqualityComparer.Instance);
    }

    /// <summary>The answer for <paramref name="key"/>: from memory, from Redis, or from <paramref name="load"/>, which returns null for what is not there.</summary>
    /// <typeparam name="TState">What <paramref name="load"/> needs: passed along, so that a hit costs no closure.</typeparam>
    /// <exception cref="TimeoutException">The database does not answer, and there is nothing stale.</exception>
    public ValueTask<CacheResult> GetAsync<TState>(
        CacheKey key, TState state, Func<TState, CancellationToken, Task<Answer?>> load, CancellationToken cancellationToken)
    {
        var known = Find(key);
        return known is not null && TryAnswer(key, known, out var result) ? new(result) : LoadAsync(key, state, load, known, cancellationToken);
    }

    /// <summary>The answer for <paramref name="key"/>, if the memory of this process has it and it still holds; if not, it is for <see cref="GetAsync"/> to count.</summary>
    public bool TryGet(CacheKey key, out CacheResult result)
    {
        result = default;
        return Find(key) is { } known && TryAnswer(key, known, out result);
    }

    /// <summary>Invalidates whatever is made of these, in every process. Call it after the commit. Never fails.</summary>
    public Task InvalidateAsync(params IEnumerable<CacheTag> tags) => _backplane.InvalidateAsync(SlotsOf(tags));

    /// <summary>
    /// Lets every process ask the database again before it serves what is made of these, and serve it as stale while the database does not respond.
    /// Never fails.
    /// </summary>
    public Task DoubtAsync(params IEnumerable<CacheTag> tags) => _backplane.InvalidateAsync(SlotsOf(tags), doubtful: true);

    /// <summary>
    /// Awaits a write and invalidates what it changed: nothing if it says that it changed nothing or the database refused it. If nobody knows whether
    /// it was committed, what it may have changed is in doubt: asked again before it is served, and served as stale while the database is away.
    /// </summary>
    public async Task<T> InvalidateAfterAsync<T>(Task<T> write, Func<T, bool> changed, params IEnumerable<CacheTag> tags)
    {
        T result;
        try
        {
            result = await write;
        }
        catch (Exception exception) when (!IsUndone(exception))
        {
            await DoubtAsync(tags);
            throw;
        }

        if (changed(result))
        {
            await StoryTransaction.AfterCommitAsync(() => InvalidateAsync(tags)); // not changed for anybody else before
        }

        return result;
    }

    /// <summary>Tells the subscribers of <paramref name="channel"/> that something has changed, and with <paramref name="index"/> which change it is. Never fails.</summary>
    public Task AnnounceAsync(string channel, long? index = null) => _backplane.AnnounceAsync(channel, index);

    /// <summary>Empties the cache of every process and Redis. Returns how many answers Redis had; null when it cannot be reached: they are not used again either.</summary>
    public async Task<long?> FlushAsync(CancellationToken cancellationToken)
    {
        await _backplane.InvalidateAsync([CacheTag.Everything.Slot]);
        _memory.Compact(1);
        try
        {
            return _backplane.IsUsable ? await _answers.DeleteAllAsync(cancellationToken) : null;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _backplane.Lost(exception);
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _fusion.Dispose();
        _memory.Dispose();
    }

    private CachedAnswer? Find(CacheKey key) =>
        _fusion.TryGet<CachedAnswer>(key.Text, _entryOptions[key.Tier], CancellationToken.None) is { HasValue: true } found ? found.Value : null;

    private bool TryAnswer(CacheKey key, CachedAnswer known, out CacheResult result)
    {
        var now = _time.GetUtcNow();
        var stamp = _generations.Now(key.Tag);
        var holds = (known.Stamp == stamp && _backplane.Believes(known, now)) || (known.RetryAt > now && known.Stamp.IsValid(stamp));
        result = holds ? Counted(key.Tier, known, CacheSource.Memory, now) : default;
        return holds;
    }

    private async ValueTask<CacheResult> LoadAsync<TState>(
        CacheKey key, TState state, Func<TState, CancellationToken, Task<Answer?>> load, CachedAnswer? known, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(_options.TimeoutMilliseconds);
        var begin = _generations.Now(key.Tag);
        try
        {
            while (true)
            {
                Drop(key, known);
                var loading = new Loading<TState>(this, key, state, load);
                var answer = await _fusion.GetOrSetAsync<CachedAnswer>(key.Text, loading.RunAsync, default, _entryOptions[key.Tier], null, deadline.Token);
                var now = _time.GetUtcNow();
                if (ReferenceEquals(answer, loading.Answer))
                {
                    return Counted(key.Tier, answer, loading.Source, now);
                }

                // It comes from another caller, or it is stale because the load failed or takes too long; but never from before a write that was answered before this call.
                if (answer.Stamp.IsAtLeast(begin))
                {
                    if (!_backplane.Believes(answer, now) || answer.FreshUntil < now || answer.Stamp.Doubts != _generations.Now(key.Tag).Doubts)
                    {
                        answer.RetryAt = now + StaleLife;
                    }

                    return Counted(key.Tier, answer, CacheSource.Memory, now);
                }

                known = answer;
            }
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The database took longer than {_options.TimeoutMilliseconds} ms.", exception);
        }
    }

    // What was invalidated is forgotten; what is only doubted is kept for when the database does not answer.
    private void Drop(CacheKey key, CachedAnswer? known)
    {
        var options = _entryOptions[key.Tier];
        var present = _fusion.TryGet<CachedAnswer>(key.Text, options, CancellationToken.None);
        if (known is null || !present.HasValue || !ReferenceEquals(present.Value, known))
        {
            return;
        }

        if (known.Stamp.IsValid(_generations.Now(key.Tag)))
        {
            _fusion.Expire(key.Text, options, CancellationToken.None);
        }
        else
        {
            _fusion.Remove(key.Text, options, CancellationToken.None);
        }
    }

    private CacheResult Counted(CacheTier tier, CachedAnswer answer, CacheSource source, DateTimeOffset now)
    {
        var stale = source != CacheSource.Miss && (answer.FreshUntil < now || answer.RetryAt > now || !_database.IsReachable);
        _metrics.Count(tier, source, stale);
        return new CacheResult(answer, stale ? CacheSource.Stale : source);
    }

    // Refused by the database, or never sent: there was nobody to connect to.
    private static bool IsUndone(Exception exception) => exception is Npgsql.PostgresException or Npgsql.NpgsqlException { InnerException: System.Net.Sockets.SocketException };

    private static int[] SlotsOf(IEnumerable<CacheTag> tags) => [.. tags.Select(tag => tag.Slot).Distinct()];

    private FusionCacheEntryOptions EntryOptions(CacheTier tier) => new()
    {
        Duration = tier.Duration,
        IsFailSafeEnabled = true,
        FailSafeMaxDuration = tier.Duration + _options.StaleWindow,
        FailSafeThrottleDuration = StaleLife,
        FactorySoftTimeout = TimeSpan.FromMilliseconds(_options.SoftTimeoutMilliseconds),
        Size = 1,
    };

    // One load of one key. FusionCache sees to it that a process runs one at a time.
    private sealed class Loading<TState>(StoryCache cache, CacheKey key, TState state, Func<TState, CancellationToken, Task<Answer?>> load)
    {
        public CachedAnswer? Answer { get; private set; }

        public CacheSource Source { get; private set; }

        public async Task<CachedAnswer> RunAsync(FusionCacheFactoryExecutionContext<CachedAnswer> context, CancellationToken cancellationToken)
        {
            // Both before the database is read: what is invalidated meanwhile makes this answer invalid, here and in Redis.
            var stamp = cache._generations.Now(key.Tag);
            var (stored, versions) = await FetchAsync(stamp);
            var now = cache._time.GetUtcNow();
            if (stored is not null && stored.FreshUntil > now)
            {
                return Found(context, stored, CacheSource.Redis, stored.FreshUntil - now);
            }

            Answer? answer;
            try
            {
                var loaded = load(state, cancellationToken);
                answer = await (stored is null ? loaded : loaded.WaitAsync(TimeSpan.FromMilliseconds(cache._options.SoftTimeoutMilliseconds), cache._time, cancellationToken));
            }
            catch (Exception exception) when (stored is not null && exception is not OperationCanceledException)
            {
                stored.RetryAt = now + StaleLife;
                return Found(context, stored, CacheSource.Redis, StaleLife);
            }

            now = cache._time.GetUtcNow();
            if (answer is null)
            {
                context.Options.IsFailSafeEnabled = false;
                return Found(context, new CachedAnswer(default, default, null, now + AbsenceLife, now, stamp), CacheSource.Miss, AbsenceLife);
            }

            var fresh = new CachedAnswer(answer, now + key.Tier.Duration, now, stamp);
            if (versions is { } known)
            {
                _ = StoreAsync(fresh, known);
            }

            return Found(context, fresh, CacheSource.Miss, key.Tier.Duration);
        }

        private CachedAnswer Found(FusionCacheFactoryExecutionContext<CachedAnswer> context, CachedAnswer answer, CacheSource source, TimeSpan life)
        {
            context.Options.Size = answer.Size + (key.Text.Length * sizeof(char));
            context.Options.Priority = key.Query.Length > 0 ? CacheItemPriority.Low : CacheItemPriority.Normal; // callers choose queries
            context.Options.Duration = life;
            (Answer, Source) = (answer, source);
            return answer;
        }

        private async Task<(CachedAnswer? Answer, Versions? Versions)> FetchAsync(Generations.Stamp stamp)
        {
            if (!cache._backplane.IsUsable)
            {
                return default;
            }

            try
            {
                var (bytes, versions) = await cache._answers.FetchAsync(key);
                return (StoredAnswer.Read(key, bytes, versions, stamp, cache._time.GetUtcNow()), versions);
            }
            catch (RedisServerException) // full: it answers, and takes nothing
            {
                return default;
            }
            catch (Exception exception) // a cache that fails is no reason for a read to fail, whatever it was
            {
                cache._backplane.Lost(exception);
                return default;
            }
        }

        private async Task StoreAsync(CachedAnswer answer, Versions versions)
        {
            try
            {
                await cache._answers.StoreAsync(key, answer, versions, key.Tier.Duration + cache._options.StaleWindow);
            }
            catch (RedisServerException) // full
            {
            }
            catch (Exception exception)
            {
                cache._backplane.Lost(exception);
            }
        }
    }
}
