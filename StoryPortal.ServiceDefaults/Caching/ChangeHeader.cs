namespace StoryPortal.ServiceDefaults.Caching;

/// <summary>The header by which the hub tells the gateway that a write changed nothing: what the gateway keeps is still right. It never leaves the system.</summary>
public static class ChangeHeader
{
    /// <summary>Its name.</summary>
    public const string Name = "X-Changes";

    /// <summary>Its value.</summary>
    public const string None = "none";
}
