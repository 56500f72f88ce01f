namespace StoryPortal.Tests.Running;

/// <summary>Where the files of the repository are.</summary>
internal static class Repository
{
    // The tests run from their output folder, somewhere below.
    private static readonly string Root = Find(AppContext.BaseDirectory);

    /// <summary>The full path of a file or folder.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find(string folder) => File.Exists(Path.Combine(folder, "StoryPortal.sln"))
        ? folder
        : Find(Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests run outside of the repository."));
}
