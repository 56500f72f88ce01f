namespace StoryPortal.DataLayer.Services;

/// <summary>An instance whose health URL is due.</summary>
/// <param name="Service">The service of the instance.</param>
/// <param name="Instance">The id of the instance.</param>
/// <param name="Url">The health URL.</param>
/// <param name="Failures">Polls in a row that have failed.</param>
/// <param name="IsFailing">Whether the instance is critical for that.</param>
/// <param name="Owner">The id of the owner of the service; empty: none.</param>
/// <param name="Host">The host of the URL.</param>
public sealed record HealthPoll(string Service, string Instance, string Url, int Failures, bool IsFailing, string Owner, string Host);

/// <summary>How due instances are taken.</summary>
/// <param name="Interval">Time until an instance that was taken is due again.</param>
/// <param name="MaxInterval">That time of an instance that is failing, at most: it doubles with each poll.</param>
/// <param name="MaxFailures">Failures in a row that make an instance critical.</param>
/// <param name="PerOwner">Concurrent polls of one owner, at most.</param>
/// <param name="PerHost">Of these, concurrent polls of one host.</param>
public sealed record HealthPollTurns(TimeSpan Interval, TimeSpan MaxInterval, int MaxFailures, int PerOwner, int PerHost);
