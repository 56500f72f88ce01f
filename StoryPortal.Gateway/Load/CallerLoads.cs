using System.Collections.Concurrent;
using System.Net;
using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.Gateway.Load;

/// <summary>What each caller holds: by the id of an authenticated caller, else by address.</summary>
internal sealed class CallerLoads
{
    // Above it, callers that hold nothing are removed: the slots bound the number of all others.
    private const int MaxEntries = 20_000;

    private readonly ConcurrentDictionary<string, CallerLoad> _keys = new();
    private readonly ConcurrentDictionary<IPAddress, CallerLoad> _networks = new();

    /// <summary>What the caller of a request holds.</summary>
    public CallerLoad Get(HttpContext context) =>
        context.Caller is { } caller ? GetOrAdd(_keys, caller.Id) : GetOrAdd(_networks, ClientNetwork.Get(context));

    private static CallerLoad GetOrAdd<TKey>(ConcurrentDictionary<TKey, CallerLoad> loads, TKey key) where TKey : notnull =>
        loads.TryGetValue(key, out var load) ? load : Add(loads, key);

    private static CallerLoad Add<TKey>(ConcurrentDictionary<TKey, CallerLoad> loads, TKey key) where TKey : notnull
    {
        if (loads.Count >= MaxEntries)
        {
            foreach (var entry in loads)
            {
                if (entry.Value.IsIdle)
                {
                    loads.TryRemove(entry); // a request that has just got this entry counts apart from the caller's next ones, once
                }
            }
        }

        return loads.GetOrAdd(key, static _ => new CallerLoad());
    }
}
