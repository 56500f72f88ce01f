namespace StoryPortal.AppHost.Servers;

/// <summary>The Postgres and Redis of the system, wherever they run.</summary>
/// <param name="Database">The connection string <c>storyportal</c>.</param>
/// <param name="Postgres">What to wait for before using the database; null for one that is there already.</param>
/// <param name="Cache">The connection string <c>redis</c>.</param>
/// <param name="Redis">What to wait for before using the cache; null for one that is there already.</param>
/// <param name="DatabaseUrl">The database for other tools: <c>postgresql://…</c>.</param>
/// <param name="CacheUrl">The cache for other tools: <c>redis://…</c>.</param>
/// <param name="AreContainers">Whether they run in containers.</param>
public sealed record BackingServers(
    IResourceBuilder<IResourceWithConnectionString> Database,
    IResourceBuilder<IResource>? Postgres,
    IResourceBuilder<IResourceWithConnectionString> Cache,
    IResourceBuilder<IResource>? Redis,
    ReferenceExpression DatabaseUrl,
    ReferenceExpression CacheUrl,
    bool AreContainers);
