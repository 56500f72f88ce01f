namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>The header in which processes of one system present the internal key to each other.</summary>
public static class InternalKeyHeader
{
    /// <summary>The header's name.</summary>
    public const string Name = "X-Internal-Key";
}
