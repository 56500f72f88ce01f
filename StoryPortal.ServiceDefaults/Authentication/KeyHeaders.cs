namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>The headers in which keys are presented.</summary>
public static class KeyHeaders
{
    /// <summary>A caller's key. <c>Authorization: Bearer</c> is taken as well.</summary>
    public const string Api = "X-API-Key";

    /// <summary>The key by which processes of one system know each other.</summary>
    public const string Internal = "X-Internal-Key";
}
