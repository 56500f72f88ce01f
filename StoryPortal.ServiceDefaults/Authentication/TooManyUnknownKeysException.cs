namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>A key was not looked up, because its caller's address has presented too many keys that do not exist.</summary>
internal sealed class TooManyUnknownKeysException() : Exception("Too many unknown keys came from this address.");
