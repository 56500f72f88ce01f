using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.DataLayer.Caching;

/// <summary>Where an answer is kept, and what invalidates it. This file is the list of everything that is cached.</summary>
/// <param name="Tier">The kind of answer.</param>
/// <param name="Text">The key in memory.</param>
/// <param name="Tag">What the answer is made of.</param>
public readonly record struct CacheKey(CacheTier Tier, string Text, CacheTag Tag)
{
    /// <summary>Number of keys in Redis that all query strings of one list share.</summary>
    internal const int SlotsPerList = 512;

    // Bytes of a response with a query string that Redis stores at most: with the slots they bound what one list takes there to 32 MiB.
    private const int MaxQueryResponseBytes = 64 * 1024;

    private const int MaxQueryLength = 1024;

    /// <summary>The query string of a list, which the caller chooses; empty: none.</summary>
    public string Query { get; private init; } = "";

    /// <summary>
    /// The key in Redis. Query strings are mapped to <see cref="SlotsPerList"/> slots of their list: however many a caller invents, they
    /// replace one another and nothing else.
    /// </summary>
    public string SharedKey => Query.Length == 0
        ? Text
        : string.Create(CultureInfo.InvariantCulture, $"{Text.AsSpan(0, Text.Length - Query.Length)}#{Slot}");

    private uint Slot => XxHash32.HashToUInt32(MemoryMarshal.AsBytes(Query.AsSpan())) % SlotsPerList;

    /// <summary>Whether Redis stores a response of this key.</summary>
    /// <param name="bytes">Bytes of the response.</param>
    internal bool IsShared(int bytes) => Query.Length == 0 || (Query.Length <= MaxQueryLength && bytes <= MaxQueryResponseBytes);

    /// <summary>One agent.</summary>
    public static CacheKey Agent(Guid id) => new(
        CacheTier.AgentMetadata, $"{CacheNames.Prefix}{CacheTier.AgentMetadata.Name}:{id}", AgentTag(id));

    /// <summary>A list of agents without their events.</summary>
    /// <param name="query">The request's query string: it decides what is in the list and where its <c>Link</c> header leads.</param>
    public static CacheKey Agents(string query) => List("agents", query, CacheTag.AgentLists);

    /// <summary>One service.</summary>
    public static CacheKey Service(string name) => new(
        CacheTier.ServiceRegistry, $"{CacheNames.Prefix}{CacheTier.ServiceRegistry.Name}:{name}", CacheTag.Services);

    /// <summary>A list of services.</summary>
    /// <param name="query">The request's query string.</param>
    public static CacheKey Services(string query) => new(
        CacheTier.ServiceRegistry, $"{CacheNames.Prefix}{CacheTier.ServiceRegistry.Name}?{query}", CacheTag.Services)
    {
        Query = query,
    };

    /// <summary>One session.</summary>
    public static CacheKey Session(Guid id) => new(
        CacheTier.UserSessions, $"{CacheNames.Prefix}{CacheTier.UserSessions.Name}:{id}", SessionTag(id));

    /// <summary>A list of sessions.</summary>
    /// <param name="query">The request's query string.</param>
    public static CacheKey Sessions(string query) => List("sessions", query, CacheTag.SessionLists);

    /// <summary>One model configuration.</summary>
    public static CacheKey Model(string id) => new(
        CacheTier.ModelConfigs, $"{CacheNames.Prefix}{CacheTier.ModelConfigs.Name}:{id}", CacheTag.Models);

    /// <summary>A list of model configurations.</summary>
    /// <param name="query">The request's query string.</param>
    public static CacheKey Models(string query) => List("models", query, CacheTag.Models);

    /// <summary>A list of quality scores.</summary>
    /// <param name="query">The request's query string.</param>
    public static CacheKey QualityScores(string query) => List("quality-scores", query, CacheTag.QualityScores);

    /// <summary>The summary of quality scores.</summary>
    public static CacheKey QualitySummary() => List("quality-scores/summary", "", CacheTag.QualityScores);

    /// <summary>What a change to the agent invalidates beside the lists.</summary>
    public static CacheTag AgentTag(Guid id) => CacheTag.Of(CacheTier.AgentMetadata, id);

    /// <summary>What a change to the session invalidates beside the lists.</summary>
    public static CacheTag SessionTag(Guid id) => CacheTag.Of(CacheTier.UserSessions, id);

    private static CacheKey List(string family, string query, CacheTag tag) => new(
        CacheTier.ApiResponses, $"{CacheNames.Prefix}{CacheTier.ApiResponses.Name}:{family}{query}", tag)
    {
        Query = query,
    };
}
