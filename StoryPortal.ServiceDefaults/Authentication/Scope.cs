namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>What a key opens. Each scope opens what it names and no more, but <see cref="Admin"/>, which opens everything.</summary>
public enum Scope
{
    /// <summary>To read: GET, HEAD and OPTIONS.</summary>
    Read,

    /// <summary>To write: every other method.</summary>
    Write,

    /// <summary>To operate the system: everything under <c>/v1/admin</c>, and whatever the others open.</summary>
    Admin,
}
