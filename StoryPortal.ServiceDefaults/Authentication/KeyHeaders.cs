namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>The headers that carry keys.</summary>
public static class KeyHeaders
{
    /// <summary>A caller's API key; <c>Authorization: Bearer</c> is the alternative.</summary>
    public const string Api = "X-API-Key";

    /// <summary>The key by which the processes of one system authenticate to each other.</summary>
    public const string Internal = "X-Internal-Key";
}
