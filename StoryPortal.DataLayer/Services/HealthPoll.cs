namespace StoryPortal.DataLayer.Services;

/// <summary>An instance whose health is to be asked for now.</summary>
/// <param name="Service">Its service.</param>
/// <param name="Instance">Its id.</param>
/// <param name="Url">What to ask.</param>
/// <param name="Failures">How often in a row it has failed.</param>
/// <param name="IsFailing">Whether it counts as critical for that.</param>
public sealed record HealthPoll(string Service, string Instance, string Url, int Failures, bool IsFailing);
