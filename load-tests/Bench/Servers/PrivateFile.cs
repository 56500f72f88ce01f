namespace StoryPortal.Bench.Servers;

/// <summary>Files that only their owner can read: passwords, private keys, and logs with the token of the Aspire dashboard.</summary>
internal static class PrivateFile
{
    /// <summary>Creates a file, in place of an older one, which would keep its mode.</summary>
    public static FileStream Create(string path)
    {
        File.Delete(path);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    /// <summary>Writes a file with this text.</summary>
    public static void Write(string path, string text)
    {
        using var writer = new StreamWriter(Create(path));
        writer.Write(text);
    }
}
