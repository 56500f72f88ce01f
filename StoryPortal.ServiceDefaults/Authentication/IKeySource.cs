namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>Where keys are looked up: the store itself, or the hub for a process that has no database.</summary>
public interface IKeySource
{
    /// <summary>The key with that hash, or null when there is none that is valid. Throws when the source cannot be reached.</summary>
    Task<ApiKeyIdentity?> FindAsync(KeyHash hash, CancellationToken cancellationToken);
}
