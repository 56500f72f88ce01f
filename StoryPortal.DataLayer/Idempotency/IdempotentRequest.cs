namespace StoryPortal.DataLayer.Idempotency;

/// <summary>A request that is to be done once, however often it is sent.</summary>
/// <param name="Key">The caller's name for it.</param>
/// <param name="Caller">Whose it is: names of different callers have nothing to do with each other.</param>
/// <param name="Method">Its method.</param>
/// <param name="Path">Its path and query.</param>
/// <param name="BodyHash">SHA-256 of its body.</param>
public sealed record IdempotentRequest(string Key, string Caller, string Method, string Path, byte[] BodyHash);

/// <summary>What it was answered.</summary>
/// <param name="BodyHash">SHA-256 of the body that was answered.</param>
/// <param name="Status">The status.</param>
/// <param name="Location">Where what was made can be read, or null.</param>
/// <param name="Json">The answer's JSON.</param>
public sealed record IdempotentAnswer(byte[] BodyHash, int Status, string? Location, byte[] Json);
