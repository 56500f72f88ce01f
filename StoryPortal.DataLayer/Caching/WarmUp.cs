namespace StoryPortal.DataLayer.Caching;

/// <summary>What a warm-up put into Redis.</summary>
/// <param name="Agents">Active agents.</param>
/// <param name="Sessions">The latest sessions.</param>
/// <param name="Services">Services.</param>
/// <param name="ServiceLists">Lists of services: the first page without filters.</param>
/// <param name="ModelConfigs">Model configurations.</param>
/// <param name="DurationMs">Milliseconds that it took.</param>
public sealed record WarmUp(int Agents, int Sessions, int Services, int ServiceLists, int ModelConfigs, double DurationMs);

/// <summary>What a flush took away.</summary>
/// <param name="Deleted">Answers that Redis had; null when it could not be reached. Either way nothing of them is used again.</param>
public sealed record Flush(long? Deleted);
