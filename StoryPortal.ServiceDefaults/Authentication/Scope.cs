namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>A scope of a credential. No scope includes another, except <see cref="Admin"/>, which includes all.</summary>
public enum Scope
{
    /// <summary>Reads: GET, HEAD and OPTIONS.</summary>
    Read,

    /// <summary>Writes: all other methods.</summary>
    Write,

    /// <summary>Administration, <c>/v1/admin</c>, and all that the others permit.</summary>
    Admin,

    /// <summary>
    /// Reads of what is known of other callers and of the database: the request log, slow queries, the performance report.
    /// </summary>
    Operations,
}
