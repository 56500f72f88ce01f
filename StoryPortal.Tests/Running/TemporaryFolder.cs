using System.Security.Cryptography;

namespace StoryPortal.Tests.Running;

/// <summary>The name of a folder that does not exist yet; whatever was made of it is deleted in the end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    // Not created here: the AppHost opens the folder to the user that Postgres runs as.
    public string FullPath { get; } = Path.Combine(Path.GetTempPath(), $"story-portal-{RandomNumberGenerator.GetHexString(12, lowercase: true)}");

    public void Dispose()
    {
        if (Directory.Exists(FullPath))
        {
            Directory.Delete(FullPath, recursive: true);
        }
    }
}
