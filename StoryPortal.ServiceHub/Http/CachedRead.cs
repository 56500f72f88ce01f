using StoryPortal.DataLayer.Caching;

namespace StoryPortal.ServiceHub.Http;

/// <summary>
/// Reads of one thing, the hottest requests of all. Their endpoints know store and cache from the start: a request that asks for a service makes a
/// scope of services. What the memory of this process has is answered at once, with no state machine and no token for an end that cannot come.
/// </summary>
internal static class CachedRead
{
    /// <summary>The thing, from the cache or by <paramref name="load"/>; what <paramref name="missing"/> says where there is none.</summary>
    public static ValueTask<IResult> Async<TState>(
        HttpContext context, StoryCache cache, CacheKey key, TState state, Func<TState, CancellationToken, Task<Answer?>> load, Func<TState, IResult> missing) =>
        cache.TryGet(key, out var found)
            ? new(Result(found, state, missing))
            : LoadAsync(cache, key, state, load, missing, context.RequestAborted);

    private static async ValueTask<IResult> LoadAsync<TState>(
        StoryCache cache, CacheKey key, TState state, Func<TState, CancellationToken, Task<Answer?>> load, Func<TState, IResult> missing, CancellationToken cancellationToken) =>
        Result(await cache.GetAsync(key, state, load, cancellationToken), state, missing);

    private static IResult Result<TState>(CacheResult found, TState state, Func<TState, IResult> missing) => found.Exists ? new CachedJson(found) : missing(state);
}
